"""An explanation in words: `text` for a terminal and `html` for a page, two writers of what `pages.py` makes of the data."""

from __future__ import annotations

from html import escape

from huzhu.rules.pages import MARKS, Line, page
from huzhu.rules.texts import Lang
from huzhu.rules.wording import Data


def text(explanation: Data, *, lang: Lang) -> str:
    """The explanation for a terminal, ending with a line end."""
    made = page(explanation, lang=lang)
    blocks = [[made.title]]
    if made.alerts:
        blocks.append([f"{MARKS['alert'][0]} {alert}" for alert in made.alerts])
    for part in made.parts:
        block = [part.heading]
        for line in part.lines:
            block.append(f"  {MARKS[line.mark][0] if line.mark else '·'} {line.text}")
            block += [f"    {note}" for note in line.notes]
        blocks.append(block)
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def html(explanation: Data, *, lang: Lang) -> str:
    """The explanation as an HTML fragment: one <section>, every class beginning with `explain-`, nothing unescaped."""
    made = page(explanation, lang=lang)
    out = [f'<section class="explain-decision" lang="{"zh-Hans" if lang == "zh" else "en"}">']
    out.append(f'<h2 class="explain-title">{escape(made.title)}</h2>')
    out += [f'<p class="explain-alert">{_mark("alert", lang)}{escape(alert)}</p>' for alert in made.alerts]
    for part in made.parts:
        around, heading = ("details", "summary") if part.is_folded else ("div", "h3")
        out.append(f'<{around} class="explain-part explain-{part.name}">')
        out.append(f'<{heading} class="explain-heading">{escape(part.heading)}</{heading}>')
        if part.lines:
            out.append('<ul class="explain-lines">')
            out += [_line(line, lang) for line in part.lines]
            out.append("</ul>")
        out.append(f"</{around}>")
    out.append("</section>")
    return "\n".join(out) + "\n"


def _line(line: Line, lang: Lang) -> str:
    notes = "".join(f'<p class="explain-note">{escape(note)}</p>' for note in line.notes)
    state = f' class="explain-{line.mark.replace("_", "-")}"' if line.mark else ""
    return f"<li{state}>{_mark(line.mark, lang)}{escape(line.text)}{notes}</li>"


def _mark(mark: str, lang: Lang) -> str:
    """A sign to see, and its meaning to hear."""
    if not mark:
        return ""
    sign, words = MARKS[mark]
    return f'<span class="explain-mark" role="img" aria-label="{escape(words.get(lang))}">{sign}</span> '
