/* Everything works without this. It adds keys to lists, copy buttons, and keeps a form from being sent twice. */
(() => {
  "use strict";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // A summary of errors takes the focus, so that a screen reader starts there.
  document.querySelector("[data-focus]")?.focus();

  // Forms are sent once. Downloads leave the page as it was, so they say data-again.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.hasAttribute("data-again")) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    all("button", form).forEach((button) => button.setAttribute("aria-disabled", "true"));
  });
  const release = (form) => {
    delete form.dataset.sent;
    all("button[aria-disabled]", form).forEach((button) => button.removeAttribute("aria-disabled"));
  };
  addEventListener("pageshow", (event) => { if (event.persisted) all("form[data-sent]").forEach(release); });
  document.addEventListener("htmx:afterRequest", (event) => { if (event.target.matches?.("form[data-sent]")) release(event.target); });

  // Copying needs a script, so its buttons are hidden until here.
  all("[data-copy]").forEach((button) => {
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.setAttribute("aria-live", "polite");
    const label = button.textContent;
    button.addEventListener("click", async () => {
      const source = document.querySelector(button.dataset.copy);
      await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
      button.textContent = button.dataset.copied || "✓";
      setTimeout(() => { button.textContent = label; }, 2000);
    });
  });

  // Choosing rows: all at once, and how many there are.
  all("form[data-choose]").forEach((form) => {
    const boxes = all("[name=chosen]", form);
    const every = form.querySelector("[data-all]");
    const words = form.querySelector("[data-chosen]");
    const count = () => {
      const n = boxes.filter((box) => box.checked).length;
      every.checked = n > 0 && n === boxes.length;
      every.indeterminate = n > 0 && n < boxes.length;
      words.hidden = n === 0;
      words.textContent = words.dataset.words.replace("#", n);
    };
    every.hidden = false;
    every.addEventListener("change", () => { boxes.forEach((box) => { box.checked = every.checked; }); count(); });
    form.addEventListener("change", count);
    count();
  });

  // Single keys, on pages that list them under "?". They can be switched off (WCAG 2.1.4).
  const help = document.getElementById("keys");
  if (!help) return;
  const list = help.querySelector("dl");
  const keyed = all("[data-key]");
  const rows = all("[data-rows] tbody tr");
  const filter = document.querySelector(".filters input:not([type=hidden]), .filters select");
  if (!keyed.length && !rows.length) return;
  help.hidden = false;
  keyed.forEach((target) => {
    const line = document.createElement("div");
    const term = document.createElement("dt");
    const key = document.createElement("kbd");
    const said = document.createElement("dd");
    key.textContent = target.dataset.key;
    said.textContent = target.textContent.trim();
    term.append(key);
    line.append(term, said);
    list.append(line);
    target.setAttribute("aria-keyshortcuts", target.dataset.key);
  });
  const on = document.getElementById("keys-on");
  try { on.checked = localStorage.getItem("keys") !== "off"; } catch { /* a browser that keeps nothing */ }
  on.addEventListener("change", () => { try { localStorage.setItem("keys", on.checked ? "on" : "off"); } catch { /* as above */ } });

  let here = -1;
  const go = (place) => {
    if (!rows.length) return;
    rows[here]?.classList.remove("here");
    here = Math.max(0, Math.min(rows.length - 1, place));
    const row = rows[here];
    row.classList.add("here");
    (row.querySelector("[data-open]") ?? row.querySelector("a, input"))?.focus();
    row.scrollIntoView({ block: "nearest" });
  };
  rows.forEach((row, place) => row.addEventListener("focusin", () => {
    rows[here]?.classList.remove("here");
    here = place;
    row.classList.add("here");
  }));
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input:not([type=checkbox]):not([type=radio]), select, textarea, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || (!on.checked && event.key !== "?")) return;
    const target = keyed.find((item) => item.dataset.key === event.key);
    if (event.key === "j") go(here + 1);
    else if (event.key === "k") go(here - 1);
    else if (event.key === "x") rows[here]?.querySelector("[name=chosen]")?.click();
    else if (event.key === "Enter" && event.target.matches("[name=chosen]")) rows[here]?.querySelector("[data-open]")?.click();
    else if (event.key === "/" && filter) { filter.closest("details")?.setAttribute("open", ""); filter.focus(); }
    else if (event.key === "?") { help.open = !help.open; help.querySelector("summary").focus(); }
    else if (target) target.click();
    else return;
    event.preventDefault();
  });
})();
