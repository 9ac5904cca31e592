"""What an explanation has to say, in one language, for the worker first and the officer below: the outcome, how it comes
about, what was tested, and what all of it rests on. `render.py` writes it as text or HTML.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from huzhu.rules.formulas import Formulas, aside, is_waiting
from huzhu.rules.kinds import FIRST_DATE
from huzhu.rules.program import CAP_EXHAUSTED, NOTHING_TO_PAY
from huzhu.rules.texts import Lang, Text
from huzhu.rules.wording import LEAVES, Data, plain

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
    """A headed list of lines; one that `is_folded` is detail that a page may show on request."""

    name: str
    heading: str
    lines: tuple[Line, ...]
    is_folded: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """An explanation in one language, before it is written as text or HTML."""

    title: str
    alerts: tuple[str, ...]
    parts: tuple[Part, ...]


def page(explanation: Data, *, lang: Lang) -> Page:
    """The explanation's parts, only those that have something to say."""
    return _Maker(explanation, Formulas(lang=lang, steps=explanation.get("steps", ()))).page()


def reached(tree: Data) -> Iterator[Data]:
    """Every operator that a value rests on: of an `and` that fails only the parts that fail, of an `or` that holds those
    that hold. The data has already left out the branches not taken.
    """
    yield tree
    decisive = {"and": False, "or": True}.get(tree["op"])
    for part in tree.get("args", ()):
        if decisive is None or tree["value"] is not decisive or part["value"] is decisive:
            yield from reached(part)


def _taken(tree: Data) -> Data:
    """What a switch came to."""
    return _taken(tree["args"][-1]) if tree["op"] == "when" else tree


class _Maker:
    """Makes one page. Sources are numbered as they are first cited, so parts are made in their order on the page."""

    def __init__(self, explanation: Data, words: Formulas) -> None:
        self.data, self.words = explanation, words
        self.outcome: str = explanation["outcome"]
        self.amount: Data | None = explanation.get("amount")
        is_refused = self.outcome == "refused"
        self.failed = [test for test in explanation["tests"] if is_refused and test["status"] == "failed"]
        self.path = [node for root in self._roots() for node in reached(root)]
        self.sources: dict[str, Data] = {}

    def _roots(self) -> list[Data]:
        """What the outcome hangs on: nothing for what is settled, and a refusal by a test asks no further than the tests."""
        if self.outcome == "settled":
            return []
        roots = [test["tree"] for test in self.data["tests"]]
        if self.failed:
            return roots
        for result in self.data["results"]:
            roots += [code["tree"] for code in result["codes"]] if "codes" in result else [result["tree"]]
        if self.amount is not None:
            roots += [self.amount["tree"], *(cap["tree"] for cap in self.amount["caps"])]
        return roots

    def page(self) -> Page:
        words = self.words
        parts = [
            self._outcome(),
            Part("arithmetic", words.say("计算", "How it is worked out"), tuple(self._work()), True),
        ]
        if self.outcome != "settled":
            parts.append(Part("tests", words.say("逐项条件", "Conditions"), tuple(map(self._test, self.data["tests"]))))
            parts.append(Part("values", words.say("取自规定的数值", "Values from the rules"), tuple(self._values())))
        parts.append(Part("facts", words.say("所依据的情况", "Facts"), tuple(self._facts())))
        advice = tuple(Line(words.get(advice)) for advice in self.data["advice"])
        parts.append(Part("advice", words.say("提示与救济途径", "What else to know, and where to turn"), advice))
        parts.append(Part("sources", words.say("出处", "Sources"), tuple(self._cited())))
        kept = tuple(part for part in parts if part.lines or part.name == "outcome")
        return Page(words.get(self.data["title"]), tuple(self._alerts()), kept)

    # The outcome.

    def _alerts(self) -> Iterator[str]:
        refusing = [node for test in self.failed for node in reached(test["tree"])]
        entries = [node.get("entry") or {} for node in (refusing if self.failed else self.path)]
        if any(entry.get("illustrative") for entry in entries):
            yield self.words.say(
                "本结论用到示例数值。这些数值从未公布，只供演示，不能作为依据。",
                "This rests on illustrative values. They were never published; they are for demonstration and bind nobody.",
            )
        if any(entry.get("overlay") and not entry["illustrative"] for entry in entries):
            yield self.words.say(
                "本结论用到假设的数值，不是规定的数值。",
                "This rests on what-if values, which are not those of the rules.",
            )

    def _outcome(self) -> Part:
        words = self.words
        match self.outcome:
            case "granted":
                said, lines = self._granted(), [*self._results(), *self._untested()]
            case "settled":
                paid = words.value("money", self.amount["payable_fen"] if self.amount else None)
                said = words.say(f"已经结案，给付 {paid}，不再变动", f"already settled at {paid}, which stays as it is")
                lines = []
            case "refused":
                said = words.say("不符合条件", "the conditions are not met")
                if self.amount is not None:
                    said = words.say("不予给付", "nothing is paid")
                lines = list(self._reasons())
            case "undetermined":
                said = words.say("还不能确定，缺少以下各项", "cannot be decided yet, for want of the following")
                lines = list(self._missing())
            case _:
                said = words.say("当日没有生效的规定", "no rule was in force")
                lines = list(self._no_rule())
        return Part("outcome", words.entry(words.say("结论", "Outcome"), said), tuple(lines))

    def _granted(self) -> str:
        words = self.words
        if self.amount is not None:
            paid = words.value("money", self.amount["payable_fen"])
            return words.say(f"应给付 {paid}", f"{paid} is to be paid")
        return (
            words.say("符合条件", "the conditions are met") if self.data["tests"] else words.say("如下", "as follows")
        )

    def _results(self) -> Iterator[Line]:
        words = self.words
        if self.amount is not None and self.amount["limited_by"]:
            assessed, bound = words.value("money", self.amount["assessed_fen"]), self._bound()
            yield Line(
                words.say(f"按规则计算为 {assessed}，受{bound}限制", f"the rule gives {assessed}; limited by {bound}")
            )
        for result in self.data["results"]:
            unit = words.unit(result["tree"]) if "tree" in result else ""
            value = words.value(result["kind"], result["value"], unit, result.get("words"))
            shown = words.say("空", "empty") if result["value"] is None else value
            yield Line(words.entry(words.label(result, unit), shown))

    def _untested(self) -> Iterator[Line]:
        count = len(self.data["not_tested"])
        if count:
            were = "condition was" if count == 1 else "conditions were"
            yield Line(
                self.words.say(
                    f"另有 {count} 项条件因没有找到公布的数值而没有检验，不作为对会员不利的依据",
                    f"{count} {were} not tested for want of a published value; that is not held against the member",
                )
            )

    def _bound(self) -> str:
        """The limits that bound the amount."""
        if self.amount is None:
            return ""
        caps = [cap for cap in self.amount["caps"] if cap["cap"] in self.amount["limited_by"]]
        return self.words.quoted(self.words.get(cap["label"]) for cap in caps)

    def _reasons(self) -> Iterator[Line]:
        words = self.words
        for test in self.failed:
            source = f"{words.get(test['source']['title'])} {self._cite(test['source'])}"
            said = words.sentence(test["says"], test["figures"])
            yield Line(said, "failed", (words.entry(words.say("依据", "Source"), source),))
        for code in self.data["reasons"]:
            if code in OTHER_REASONS:
                said, bound = OTHER_REASONS[code].get(words.lang), self._bound()
                yield Line(words.entry(said, bound) if bound else said, "failed")

    def _missing(self) -> Iterator[Line]:
        words = self.words
        facts = {fact["name"]: words.get(fact["label"]) for fact in self.data["facts"]}
        for name in self.data["missing"]:
            if name in facts:
                yield Line(words.entry(facts[name], words.say("未知，需要补充", "not known, and needed")), "unknown")
                continue
            key = name.removeprefix("parameter:")
            nodes = [node for node in self.path if node["op"] == "parameter" and node["key"] == key]
            # A limit's value stands in the data only where the limit was reached; short of that there is only its label.
            label = words.quoted([self._keyed(nodes[0]) if nodes else words.get(self.data["labels"][name])])
            why = words.say("没有找到公布的数值", "no published value was found")
            if any(node["entry"]["state"] == "not_modelled" for node in nodes):
                why = words.say("没有收录", "not among the texts held here")
            yield Line(words.entry(label, why), "unknown")

    def _no_rule(self) -> Iterator[Line]:
        for node in self._parameters():
            if node["entry"]["state"] == "not_in_force":
                label = self.words.quoted([self._keyed(node)])
                said = self.words.say(f"没有生效的{label}", f"no rule in force on {label}")
                yield Line(self.words.entry(str(node["on"]), said), "no_rule")

    # How it comes about.

    def _work(self) -> Iterator[Line]:
        yield from (self._step(step) for step in self.words.steps if self._is_used(step["tree"]))
        if self.failed or self.outcome in ("settled", "no_rule"):
            return
        for result in self.data["results"]:
            yield from self._working(result)
        if self.amount is not None:
            yield from self._assessed(self.amount["tree"])
            yield from (Line(self._cap(cap)) for cap in self.amount["caps"] if cap["before"] > 0)

    def _is_used(self, tree: Data) -> bool:
        return tree["value"] is not None and any(node == tree for node in self.path)

    def _step(self, step: Data) -> Line:
        words, tree = self.words, step["tree"]
        # Spelt out, although everywhere else it is only named.
        others = [other for other in words.steps if other["tree"] != tree]
        formula, label = Formulas(lang=words.lang, steps=others).formula(tree), words.get(step["label"])
        if tree["kind"] == "bool":
            claim = f"{label} = {words.of(tree)}"
            return Line(words.in_brackets(claim, formula) if formula else claim)
        return Line(f"{words.with_value(label, words.of(tree))} = {formula}")

    def _working(self, result: Data) -> Iterator[Line]:
        words = self.words
        if "codes" in result:
            given = [code for code in result["codes"] if code["code"] in (result["value"] or ())]
            for code in given:
                yield Line(words.entry(words.code(code["code"], result.get("words")), words.statement(code["tree"])))
            return
        tree = result["tree"]
        label = words.label(result, words.unit(tree))
        is_plain = tree["op"] in LEAVES or words.step(tree) is not None
        if is_plain or (self.outcome == "undetermined" and (tree["value"] is not None or is_waiting(tree))):
            return
        value = label if tree["value"] is None else words.with_value(label, words.of(tree))
        yield Line(words.tidy(f"{value} = {words.formula(tree)}"))

    def _assessed(self, tree: Data) -> Iterator[Line]:
        """The amount before limits, or what it lacks; while other things are missing, none is held out."""
        if self.outcome == "undetermined" and (tree["value"] is not None or is_waiting(tree)):
            return
        formula = self.words.formula(tree)
        is_plain = tree["value"] is None or _taken(tree)["op"] in LEAVES
        yield Line(formula if is_plain else self.words.tidy(f"{formula} = {self.words.of(tree)}"))

    def _cap(self, cap: Data) -> str:
        words, tree = self.words, cap["tree"]
        kind, unit = tree["kind"], words.unit(tree)
        limit, used, left = (words.value(kind, cap[name], unit) for name in ("limit", "used", "left"))
        limit += words.mark(_taken(tree))
        before, after = (words.value("money", cap[name]) for name in ("before", "after"))
        if cap["before"] == cap["after"]:
            then = words.say(f"{after}，不受影响", f"{after}, not reduced")
        else:
            then = words.say(f"{before} → {after}，受此限制", f"{before} → {after}, reduced")
        said = words.say(
            f"上限 {limit}，此前已用 {used}，还剩 {left}；{then}",
            f"limit {limit}, {used} used before, {left} left; {then}",
        )
        return words.entry(words.get(cap["label"]), words.tidy(said))

    # What it rests on.

    def _test(self, test: Data) -> Line:
        words, tree, status = self.words, test["tree"], test["status"]
        said = words.of(tree) if tree["op"] == "fact" else words.statement(tree)
        beside = aside(tree) if status == "passed" else []
        if beside:
            status, facts = "aside", words.join(map(words.named, beside), "、", ", ")
            said = words.say(f"不适用于{facts}", f"does not apply to {facts}")
        elif status == "not_tested":
            absent = ("unpublished", "not_modelled")
            read = [node for node in reached(tree) if node["op"] == "parameter"]
            wanting = words.quoted(words.name(node) for node in read if node["entry"]["state"] in absent)
            said = words.say(
                f"没有检验。没有找到公布的{wanting}，不作为对会员不利的依据",
                f"not tested: no published value of {wanting} was found, so it is not held against the member",
            )
        title = words.get(test["title"])
        return Line(f"{words.entry(title, said) if said else title} {self._cite(test['source'])}", status)

    def _parameters(self) -> list[Data]:
        """Each value read on the way, once."""
        found: dict[tuple[object, ...], Data] = {}
        for node in self.path:
            if node["op"] == "parameter":
                entry = node["entry"]
                found.setdefault((node["key"], node.get("by"), entry["state"], entry.get("from")), node)
        return list(found.values())

    def _keyed(self, node: Data) -> str:
        label = self.words.label(node, self.words.unit(node))
        return label if node.get("by") is None else self.words.in_brackets(label, plain(str(node["by"])))

    def _values(self) -> Iterator[Line]:
        words = self.words
        for node in self._parameters():
            entry, label, value = node["entry"], self._keyed(node), words.absent(node)
            if entry["state"] in ("not_modelled", "not_in_force"):
                yield Line(words.entry(label, value))
            if "source" not in entry:
                continue
            if entry["state"] == "in_force":
                value = words.value(node["kind"], node["value"], words.unit(node)) + words.mark(node)
            standing = words.join(self._standing(entry), "；", "; ")
            notes = (standing, words.get(entry["note"]) if entry["note"] else "")
            said = f"{words.entry(label, value)} {self._cite(entry['source'])}"
            yield Line(said, "alert" if entry["illustrative"] else "", tuple(note for note in notes if note))

    def _standing(self, entry: Data) -> Iterator[str]:
        """When a value holds and how far it is confirmed."""
        words = self.words
        if str(entry["from"]) != FIRST_DATE.isoformat():
            yield words.say(f"自 {entry['from']} 起", f"from {entry['from']}")
        if entry["until"] is not None:
            yield words.say(f"至 {entry['until']}（不含）", f"until {entry['until']} (excluded)")
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
            if fact["name"] not in used and fact["value"] is None:
                continue
            unit = fact.get("unit", "")
            value = words.value(fact["kind"], fact["value"], unit, fact.get("words"))
            is_none = fact["value"] is None and fact["name"] in optional
            yield Line(words.entry(words.label(fact, unit), words.say("无", "none") if is_none else value))

    def _cite(self, source: Data) -> str:
        self.sources.setdefault(source["id"], source)
        return f"[{list(self.sources).index(source['id']) + 1}]"

    def _cited(self) -> Iterator[Line]:
        for number, source in enumerate(self.sources.values(), 1):
            title = self.words.get(source["title"])
            reference = f"{self.words.say('，', ', ')}{source['reference']}" if source["reference"] else ""
            yield Line(f"[{number}] {title}{reference}")
