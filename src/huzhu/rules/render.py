"""An explanation in words, for the worker first and the officer below: the outcome, how it comes about, what it rests on.

`page` walks the data of `explain.py` once and makes a page of parts and lines; `text` and `html` write that page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from huzhu.rules.kinds import FIRST_DATE
from huzhu.rules.program import CAP_EXHAUSTED, NOTHING_TO_PAY
from huzhu.rules.texts import Lang, Text
from huzhu.rules.wording import LEAVES, Data, Words, aside, plain

MARKS: Mapping[str, tuple[str, Text]] = {
    "passed": ("✓", Text("满足", "met")),
    "failed": ("✗", Text("不满足", "not met")),
    "unknown": ("?", Text("未知", "not known")),
    "not_tested": ("–", Text("没有检验", "not tested")),
    "no_rule": ("∅", Text("没有生效的规定", "no rule in force")),
    "aside": ("○", Text("不适用", "does not apply")),
    "alert": ("⚠", Text("注意", "attention")),
}
CONFIDENCE: Mapping[str, Text] = {
    "confirmed": Text("官方文本证实", "confirmed in the official text"),
    "secondary": Text("二手来源", "from a secondary source"),
    "seed": Text("报纸原文", "as the newspaper states it"),
    "recalled": Text("凭记忆，未经证实", "recalled, not confirmed"),
    "unconfirmed": Text("未经证实", "not confirmed"),
}
OTHER_REASONS: Mapping[str, Text] = {
    NOTHING_TO_PAY: Text("按规则计算的金额为 0", "the rule gives an amount of 0"),
    CAP_EXHAUSTED: Text("限额已经用完", "nothing is left of the limit"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a part: a mark (a key of `MARKS`) or none, and remarks below it."""

    text: str
    mark: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A headed list of lines; HTML folds away the details of one that `is_folded`."""

    name: str
    heading: str
    lines: tuple[Line, ...]
    is_folded: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """An explanation in one language, before it is written as text or HTML."""

    lang: Lang
    title: str
    alerts: tuple[str, ...]
    parts: tuple[Part, ...]


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
    """The explanation as an HTML fragment: one <section>, every class beginning with `explain-`."""
    made = page(explanation, lang=lang)
    out = [f'<section class="explain-decision" lang="{"zh-Hans" if lang == "zh" else "en"}">']
    out.append(f'<h2 class="explain-title">{escape(made.title)}</h2>')
    out += [f'<p class="explain-alert">{_html_mark("alert", lang)}{escape(alert)}</p>' for alert in made.alerts]
    for part in made.parts:
        around, heading = ("details", "summary") if part.is_folded else ("div", "h3")
        out.append(f'<{around} class="explain-part explain-{part.name}">')
        out.append(f'<{heading} class="explain-heading">{escape(part.heading)}</{heading}>')
        if part.lines:
            out.append('<ul class="explain-lines">')
            out += [_html_line(line, lang) for line in part.lines]
            out.append("</ul>")
        out.append(f"</{around}>")
    out.append("</section>")
    return "\n".join(out) + "\n"


def _html_line(line: Line, lang: Lang) -> str:
    notes = "".join(f'<p class="explain-note">{escape(note)}</p>' for note in line.notes)
    state = f' class="explain-{line.mark.replace("_", "-")}"' if line.mark else ""
    return f"<li{state}>{_html_mark(line.mark, lang)}{escape(line.text)}{notes}</li>"


def _html_mark(mark: str, lang: Lang) -> str:
    if not mark:
        return ""
    sign, words = MARKS[mark]
    return f'<span class="explain-mark" role="img" aria-label="{escape(words.get(lang))}">{sign}</span> '


def page(explanation: Data, *, lang: Lang) -> Page:
    """The explanation's parts, only those that have something to say."""
    return _Writer(explanation, Words(lang=lang, steps=explanation.get("steps", ()))).page()


def reached(tree: Data) -> Iterator[Data]:
    """Every operator that a value rests on: of an `and` that fails only the parts that fail, and likewise for `or`."""
    yield tree
    decisive = {"and": False, "or": True}.get(tree["op"])
    for part in tree.get("args", ()):
        if decisive is None or tree["value"] is not decisive or part["value"] is decisive:
            yield from reached(part)


class _Writer:
    """Makes one page. Sources are numbered as they are first cited, so parts are written in their order on the page."""

    def __init__(self, explanation: Data, words: Words) -> None:
        self.data, self.words = explanation, words
        self.outcome: str = explanation["outcome"]
        self.amount: Data | None = explanation.get("amount")
        self.failed = [test for test in explanation["tests"] if test["status"] == "failed"]
        self.path = [node for root in self._roots() for node in reached(root)]
        self.sources: dict[str, Data] = {}

    def _roots(self) -> list[Data]:
        """What the outcome hangs on: a refusal by a test asks no further than the tests."""
        if self.outcome == "settled":
            return []
        tests = [test["tree"] for test in self.data["tests"]]
        return tests if self.failed else [*tests, *self._given()]

    def _given(self) -> list[Data]:
        """What is given when the tests are passed: results, the amount, its caps."""
        results: list[Data] = []
        for result in self.data["results"]:
            results += [code["tree"] for code in result["codes"]] if "codes" in result else [result["tree"]]
        if self.amount is not None:
            results += [self.amount["tree"], *(cap["tree"] for cap in self.amount["caps"])]
        return results

    def page(self) -> Page:
        words = self.words
        parts = [self._outcome(), self._arithmetic()]
        if self.outcome != "settled":
            parts.append(Part("tests", words.say("逐项条件", "Conditions"), tuple(map(self._test, self.data["tests"]))))
            parts.append(Part("values", words.say("取自规定的数值", "Values from the rules"), tuple(self._values())))
        parts.append(Part("facts", words.say("所依据的情况", "Facts"), tuple(self._facts())))
        advice = tuple(Line(words.get(advice)) for advice in self.data["advice"])
        parts.append(Part("advice", words.say("提示与救济途径", "What else to know, and where to turn"), advice))
        parts.append(Part("sources", words.say("出处", "Sources"), tuple(self._cited())))
        kept = tuple(part for part in parts if part.lines or part.name == "outcome")
        return Page(words.lang, words.get(self.data["title"]), tuple(self._alerts()), kept)

    # The outcome.

    def _alerts(self) -> Iterator[str]:
        refusing = [node for test in self.failed for node in reached(test["tree"])]
        entries = [node.get("entry") or {} for node in (refusing if self.failed else self.path)]
        if any(entry.get("illustrative") for entry in entries):
            yield self.words.say(
                "本结论用到示例数值。这些数值从未公布，只供演示，不能作为依据。",
                "This rests on illustrative values. They were never published: they are a demonstration and bind nobody.",
            )
        if any(entry.get("overlay") and not entry["illustrative"] for entry in entries):
            yield self.words.say(
                "本结论用到假设的数值（what-if），不是规定的数值。", "This rests on what-if values, not on those of the rules."
            )

    def _outcome(self) -> Part:
        match self.outcome:
            case "granted":
                said, lines = self._granted()
            case "settled":
                paid = self.words.value("money", self.amount["payable_fen"] if self.amount else None)
                said, lines = self.words.say(f"已经结案，给付 {paid}，不再变动", f"already settled at {paid}, which stays as it is"), []
            case "refused":
                said = self.words.say("不予给付", "nothing is paid") if self.amount is not None else ""
                said, lines = said or self.words.say("不符合条件", "the conditions are not met"), list(self._reasons())
            case "undetermined":
                said = self.words.say("还不能确定，缺少以下各项", "cannot be decided yet, for want of the following")
                lines = list(self._missing())
            case _:
                said = self.words.say("当日没有生效的规定", "no rule was in force")
                lines = list(self._no_rule())
        return Part("outcome", self.words.say(f"结论：{said}", f"Outcome: {said}"), tuple(lines))

    def _granted(self) -> tuple[str, list[Line]]:
        words, lines = self.words, []
        if self.amount is not None:
            said = words.value("money", self.amount["payable_fen"])
            said = words.say(f"给付 {said}", f"{said} is paid")
            bound = self._bound(self.amount)
            if bound:
                assessed = words.value("money", self.amount["assessed_fen"])
                why = words.say(f"按规则计算为 {assessed}，受{bound}限制", f"the rule gives {assessed}; limited by {bound}")
                lines.append(Line(why))
        elif self.data["tests"]:
            said = words.say("符合条件", "the conditions are met")
        else:
            said = words.say("如下", "as follows")
        for result in self.data["results"]:
            lines.append(Line(f"{words.get(result['label'])}{words.say('：', ': ')}{self._result(result)}"))
        untested = len(self.data["not_tested"])
        if untested:
            lines.append(Line(words.say(
                f"另有 {untested} 项条件因没有找到公布的数值而没有检验，不作为对会员不利的依据",
                f"{untested} {'condition was' if untested == 1 else 'conditions were'} not tested for want of a published value; "
                "that is not held against the member",
            )))  # fmt: skip
        return said, lines

    def _result(self, result: Data) -> str:
        if result["value"] is None:
            return self.words.say("空", "empty")
        return self.words.value(result["kind"], result["value"], self.words.unit(result["tree"]) if "tree" in result else "")

    def _bound(self, amount: Data) -> str:
        labels = [self.words.get(cap["label"]) for cap in amount["caps"] if cap["cap"] in amount["limited_by"]]
        return self.words.join(map(self.words.quoted, labels), "、", ", ")

    def _reasons(self) -> Iterator[Line]:
        words = self.words
        for test in self.failed:
            source = f"{words.get(test['source']['title'])} {self._cite(test['source'])}"
            note = words.say(f"依据：{source}", f"Source: {source}")
            yield Line(words.sentence(test["says"], test["figures"]), "failed", (note,))
        for code in self.data["reasons"]:
            if code in OTHER_REASONS:
                bound = self._bound(self.amount) if self.amount is not None else ""
                yield Line(OTHER_REASONS[code].get(words.lang) + (words.say(f"：{bound}", f": {bound}") if bound else ""), "failed")

    def _missing(self) -> Iterator[Line]:
        words = self.words
        facts = {fact["name"]: fact for fact in self.data["facts"]}
        for name in self.data["missing"]:
            kind, _, key = name.partition(":")
            if kind != "parameter":
                label = words.get(facts[name]["label"])
                yield Line(words.say(f"{label}：未知，需要补充", f"{label}: not known, and needed"), "unknown")
                continue
            nodes = [node for node in self.path if node["op"] == "parameter" and node["key"] == key]
            # A limit that is never reached is not part of the data; then its key has to do.
            label = words.quoted(self._keyed(nodes[0]) if nodes else key)
            if any((node["entry"] or {}).get("state") == "not_modelled" for node in nodes):
                yield Line(words.say(f"{label}：没有收录", f"{label}: not among the texts held here"), "unknown")
            else:
                yield Line(words.say(f"{label}：没有找到公布的数值", f"{label}: no published value was found"), "unknown")

    def _no_rule(self) -> Iterator[Line]:
        for node in self._parameters():
            if node["entry"]["state"] == "not_in_force":
                label = self.words.quoted(self._keyed(node))
                said = self.words.say(f"{node['on']}：没有生效的{label}", f"{node['on']}: no rule in force on {label}")
                yield Line(said, "no_rule")

    # How it comes about.

    def _arithmetic(self) -> Part:
        words = self.words
        lines = [self._step(step) for step in words.steps if self._is_used(step)]
        if not self.failed and self.outcome in ("granted", "refused", "undetermined"):
            lines += [line for result in self.data["results"] for line in self._working(result)]
            lines += self._amount_lines() if self.amount is not None else []
        return Part("arithmetic", words.say("计算", "How it is worked out"), tuple(lines), is_folded=True)

    def _is_used(self, step: Data) -> bool:
        return step["tree"]["value"] is not None and any(node == step["tree"] for node in self.path)

    def _step(self, step: Data) -> Line:
        words, tree = self.words, step["tree"]
        formula, label = self._expanded(tree), words.get(step["label"])
        if tree["kind"] == "bool":
            return Line(words.in_brackets(f"{label} = {words.of(tree)}", formula) if formula else f"{label} = {words.of(tree)}")
        return Line(f"{words.with_value(label, words.of(tree))} = {formula}")

    def _expanded(self, tree: Data) -> str:
        """A formula spelt out even where it is itself a named step."""
        others = [step for step in self.words.steps if step["tree"] != tree]
        return Words(lang=self.words.lang, steps=others).formula(tree)

    def _working(self, result: Data) -> Iterator[Line]:
        words = self.words
        label = words.get(result["label"])
        for code in result.get("codes", ()):
            if self.outcome == "granted" and code["code"] in result["value"]:
                yield Line(f"{code['code']}{words.say('：', ': ')}{words.statement(code['tree'])}")
        tree = result.get("tree")
        is_open = self.outcome == "granted" or (tree is not None and tree["value"] is None)
        if tree is None or tree["op"] in LEAVES or words.step(tree) or not is_open:
            return
        value = label if tree["value"] is None else words.with_value(label, words.of(tree))
        yield Line(f"{value} = {words.formula(tree)}")

    def _amount_lines(self) -> Iterator[Line]:
        words, amount = self.words, self.amount
        assert amount is not None
        tree = amount["tree"]
        if tree["value"] is None or self.outcome in ("granted", "refused"):
            formula = words.formula(tree)
            while tree["op"] == "when":
                tree = tree["args"][-1]
            yield Line(formula if tree["op"] in LEAVES or tree["value"] is None else f"{formula} = {words.of(tree)}")
        for cap in amount["caps"]:
            yield Line(self._cap(cap))

    def _cap(self, cap: Data) -> str:
        words, tree = self.words, cap["tree"]
        kind, unit = tree["kind"], words.unit(tree)
        while tree["op"] == "when":
            tree = tree["args"][-1]
        limit, used, left = (words.value(kind, cap[name], unit) for name in ("limit", "used", "left"))
        before, after = (words.value("money", cap[name]) for name in ("before", "after"))
        limit += words.mark(tree)
        if cap["before"] == cap["after"]:
            then = words.say(f"{after}，不受影响", f"{after}, not reduced")
        else:
            then = words.say(f"{before} → {after}，受此限制", f"{before} → {after}, reduced")
        label = words.get(cap["label"])
        return words.say(
            f"{label}：上限 {limit}，此前已用 {used}，还剩 {left}；{then}",
            f"{label}: limit {limit}, {used} used before, {left} left; {then}",
        )

    # What it rests on.

    def _test(self, test: Data) -> Line:
        words, tree, status = self.words, test["tree"], test["status"]
        title, colon = words.get(test["title"]), words.say("：", ": ")
        beside = aside(tree) if status == "passed" else []
        if beside:
            status, facts = "aside", words.join(map(words.named, beside), "、", ", ")
            said = words.say(f"不适用于{facts}", f"does not apply to {facts}")
        elif status == "not_tested":
            labels = [words.name(node) for node in self._unpublished(tree)]
            wanting = words.join(map(words.quoted, labels), "、", ", ")
            said = words.say(
                f"没有检验。没有找到公布的{wanting}，不作为对会员不利的依据",
                f"not tested: no published value of {wanting} was found, so it is not held against the member",
            )
        elif tree["op"] == "fact":
            said = words.of(tree)
        else:
            said = words.statement(tree)
        said = f"{colon}{said}" if said else ""
        return Line(f"{title}{said} {self._cite(test['source'])}", status)

    def _unpublished(self, tree: Data) -> list[Data]:
        absent = ("unpublished", "not_modelled")
        return [node for node in reached(tree) if node["op"] == "parameter" and node["entry"]["state"] in absent]

    def _parameters(self) -> list[Data]:
        """Each value read on the way, once."""
        found: dict[str, Data] = {}
        for node in self.path:
            if node["op"] == "parameter":
                entry = node["entry"]
                found.setdefault(f"{node['key']} {node.get('by')} {entry['state']} {entry.get('from')}", node)
        return list(found.values())

    def _keyed(self, node: Data) -> str:
        label = self.words.get(node["label"])
        return label if node.get("by") is None else self.words.in_brackets(label, plain(str(node["by"])))

    def _values(self) -> Iterator[Line]:
        words = self.words
        for node in self._parameters():
            entry, label = node["entry"], self._keyed(node)
            if entry["state"] == "date_or_key_unknown":
                continue
            value, notes, mark, cited = words.absent(node), [], "", ""
            if entry["state"] == "in_force":
                value = words.value(node["kind"], node["value"], words.unit(node)) + words.mark(node)
            if entry["state"] in ("in_force", "unpublished"):
                notes = [words.say("；", "; ").join(self._standing(entry))]
                notes += [words.get(entry["note"])] if entry["note"] else []
                mark = "alert" if entry["illustrative"] else ""
                cited = f" {self._cite(entry['source'])}"
            yield Line(f"{label}{words.say('：', ': ')}{value}{cited}", mark, tuple(note for note in notes if note))

    def _standing(self, entry: Data) -> Iterator[str]:
        """When a value holds and how far it is confirmed."""
        words = self.words
        since, until = str(entry["from"]), entry["until"]
        if since != FIRST_DATE.isoformat():
            yield words.say(f"自 {since} 起", f"from {since}")
        if until is not None:
            yield words.say(f"至 {until}（不含）", f"until {until} (excluded)")
        if entry["illustrative"]:
            yield words.say("示例数值，未经公布", "illustrative, never published")
        elif entry["overlay"]:
            yield words.say("假设的数值", "a what-if value")
        elif entry["state"] == "in_force":
            yield CONFIDENCE[entry["confidence"]].get(words.lang)
        if entry["checked_on"] is not None:
            yield words.say(f"{entry['checked_on']} 核对", f"checked on {entry['checked_on']}")

    def _facts(self) -> Iterator[Line]:
        words = self.words
        used = {node["name"] for node in self.path if node["op"] == "fact"} | set(self.data["missing"])
        optional = {node["args"][0]["name"] for node in self.path if node["op"] == "fact_or"}
        for fact in self.data["facts"]:
            if fact["name"] in used or fact["value"] is not None:
                value = words.value(fact["kind"], fact["value"], fact.get("unit", ""))
                if fact["value"] is None and fact["name"] in optional:
                    value = words.say("无", "none")
                yield Line(f"{words.get(fact['label'])}{words.say('：', ': ')}{value}")

    def _title(self, source: Data) -> str:
        title = self.words.get(source["title"])
        return f"{title}{self.words.say('，', ', ')}{source['reference']}" if source["reference"] else title

    def _cite(self, source: Data) -> str:
        self.sources.setdefault(source["id"], source)
        return f"[{list(self.sources).index(source['id']) + 1}]"

    def _cited(self) -> Sequence[Line]:
        return [Line(f"[{number}] {self._title(source)}") for number, source in enumerate(self.sources.values(), 1)]
