"""Values, formulas and conditions in words, from the trees of `explain.py`, in Chinese and English.

A condition is always put as what holds ("age 60 ≥ age limit 60"), never as what failed to, so that every line is true.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from huzhu.rules.texts import Lang

Data = Mapping[str, Any]

LEAVES = frozenset({"constant", "fact", "parameter"})
_SIGNS = {"lt": "<≥", "le": "≤>", "gt": ">≤", "ge": "≥<", "eq": "=≠", "ne": "≠="}  # as written, and its opposite
_COUNTED = {"days": ("天", "day"), "months": ("个月", "month"), "years": ("年", "year"), "age": ("周岁", "year")}
_MONEY_PER = {"fen/day": ("/天", "/day"), "fen/month": ("/月", "/month")}
_HINT = re.compile(r"（[^（）]*）$| \([^()]*\)$")
_WIDE = "，。：；（）“”〔〕"
_BESIDE_WIDE = re.compile(f"(?<=[{_WIDE}]) | (?=[{_WIDE}])")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_EXTREMES = {  # least or greatest, dates or amounts
    (True, True): ("较早的", "the earlier of"),
    (False, True): ("较晚的", "the later of"),
    (True, False): ("较小的", "the smaller of"),
    (False, False): ("较大的", "the larger of"),
}
_BOUNDS = {  # the same, against a constant
    (True, True): ("不晚于", "not after"),
    (False, True): ("不早于", "not before"),
    (True, False): ("至多", "at most"),
    (False, False): ("至少", "at least"),
}
_LONGEST_LIST = 8


def money(fen: int) -> str:
    """Yuan with thousands separators and both digits of the fen, by whole numbers alone."""
    yuan, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{yuan:,}.{rest:02d}"


def tenths(number: int) -> str:
    whole, rest = divmod(abs(number), 10)
    return f"{'-' if number < 0 else ''}{whole}.{rest}"


def plain(text: str) -> str:
    """A person's text made safe to print on a terminal: one line, no control or reordering characters."""
    return "".join(" " if char.isspace() else char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def chooses(tree: Data) -> bool:
    """A condition on what kind of case this is (a benefit, a cause), such as a switch makes."""
    if tree["op"] == "not":
        return chooses(tree["args"][0])
    if tree["op"] not in ("eq", "ne", "in") or tree["args"][0]["op"] != "fact" or tree["args"][0]["kind"] != "text":
        return False
    return tree["op"] == "in" or tree["args"][1]["op"] == "constant"


def _excludes(tree: Data) -> bool:
    """It holds because this is some other kind of case."""
    inner = tree["args"][0] if tree["op"] == "not" else None
    return tree["value"] is True and chooses(tree) and (tree["op"] == "ne" or (inner is not None and inner["op"] != "ne"))


def aside(tree: Data) -> list[Data]:
    """The facts for which a condition does not concern this case at all; none where it holds on its merits."""
    if tree["value"] is not True:
        return []
    match tree["op"]:
        case "or":
            found = ([part["args"][0]] if _excludes(part) else aside(part) for part in tree["args"])
            return next(([_fact(fact) for fact in facts] for facts in found if facts), [])
        case "and":
            all_found = [aside(part) for part in tree["args"]]
            return [fact for facts in all_found for fact in facts] if all(all_found) else []
        case "when":
            condition, *taken = tree["args"]
            return [_fact(condition)] if taken and taken[0]["op"] == "constant" and chooses(condition) else []
    return []


def _fact(tree: Data) -> Data:
    return tree if tree["op"] == "fact" else _fact(tree["args"][0])


def deciding(tree: Data) -> list[Data]:
    """The parts of an `and` or `or` worth naming: those that decide it or, while it is unknown, those still unknown."""
    parts = list(_flat(tree, tree["op"]))
    if tree["value"] is None:
        return [part for part in parts if part["value"] is None]
    parts = [part for part in parts if part["value"] is tree["value"]]
    if tree["op"] == "or" and tree["value"]:
        # One is enough, and that the case is of another kind says most.
        return [p for p in parts if _excludes(p) or aside(p)] or [p for p in parts if chooses(p)] or parts
    parts = [part for part in parts if not aside(part)] or parts
    return [part for part in parts if not chooses(part)] or parts


def _flat(tree: Data, op: str) -> Iterator[Data]:
    """The parts of an `a or (b or c)` side by side."""
    for part in tree["args"]:
        if part["op"] == op:
            yield from _flat(part, op)
        else:
            yield part


def _is_nothing(tree: Data) -> bool:
    """A part of a sum that adds nothing here."""
    if tree["op"] == "when":
        return _is_nothing(tree["args"][-1])
    return bool(tree["op"] == "constant" and tree["value"] == 0)


class Words:
    """Words in one language; `steps` are the explanation's named steps, which are named and not spelt out where they occur."""

    def __init__(self, *, lang: Lang, steps: Sequence[Data] = ()) -> None:
        self.lang = lang
        self.steps = [step for step in steps if step["tree"]["op"] not in LEAVES]

    def say(self, zh: str, en: str) -> str:
        return zh if self.lang == "zh" else en

    def get(self, text: Data) -> str:
        return str(text[self.lang])

    def quoted(self, text: str) -> str:
        return f"“{text}”"

    def join(self, texts: Iterable[str], zh: str, en: str) -> str:
        return self.say(zh, en).join(dict.fromkeys(texts))

    # Values.

    def value(self, kind: str, value: Any, unit: str = "") -> str:
        """A value by its kind; `unit` is a parameter's or a fact's, where it has one."""
        if value is None:
            return self.say("未知", "not known")
        match kind:
            case "bool":
                return self.say("是", "yes") if value else self.say("否", "no")
            case "money":
                per = _MONEY_PER.get(unit, ("", ""))
                return f"{money(value)} {self.say('元' + per[0], 'yuan' + per[1])}"
            case "days":
                return self.count(value, "days")
            case "per_mille":
                return f"{tenths(value).removesuffix('.0')}%"
            case "codes":
                return self.join((plain(code) for code in value), "、", ", ") or self.say("无", "none")
            case "int" if unit == "deci_c":
                return f"{tenths(value)} {self.say('℃', '°C')}"
            case "int" if unit in _COUNTED:
                return self.count(value, unit)
        return plain(str(value))

    def count(self, number: int, unit: str) -> str:
        zh, en = _COUNTED[unit]
        return f"{number} {self.say(zh, en if abs(number) == 1 else en + 's')}"

    def unit(self, tree: Data) -> str:
        """The unit of what a tree gives, where a parameter or a fact in it tells."""
        if tree["op"] == "when":
            return self.unit(tree["args"][-1])
        unit = str((tree.get("entry") or tree).get("unit", ""))
        # Chinese counts a person's years and other years with different words.
        is_age = unit == "years" and re.search("年龄|年满", tree["label"]["zh"])
        return "age" if is_age else unit

    def of(self, tree: Data, unit: str = "") -> str:
        """A tree's value alone, as a formula has it: "300.00 yuan x 16" leaves it to the label to say that it is so much a day."""
        unit = unit or self.unit(tree)
        return self.value(tree["kind"], tree["value"], "" if unit in _MONEY_PER else unit)

    def sentence(self, says: Data, figures: Data) -> str:
        """A test's sentence with its figures. Days stand as a bare number: the sentence has the word."""

        def figure(found: re.Match[str]) -> str:
            kind, value = figures[found[1]]["kind"], figures[found[1]]["value"]
            return str(value) if kind == "days" and value is not None else self.value(kind, value)

        return _PLACEHOLDER.sub(figure, self.get(says))

    # Names.

    def step(self, tree: Data) -> Data | None:
        """The named step a tree is, if it is one."""
        return next((step for step in self.steps if step["tree"] == tree), None)

    def name(self, tree: Data) -> str:
        """What a value is called; nothing for a formula without a name."""
        step = self.step(tree)
        if step is not None:
            return self.get(step["label"])
        if "label" not in tree:
            return ""
        label = self.get(tree["label"])
        # What a fact's label says in brackets is for whoever fills it in.
        return _HINT.sub("", label) if tree["op"] == "fact" else label

    def with_value(self, label: str, value: str) -> str:
        return f"{label}{self.say('' if label.endswith('）') else ' ', ' ')}{value}"

    def in_brackets(self, label: str, remark: str) -> str:
        return self.say(f"{label}（{remark}）", f"{label} ({remark})")

    def named(self, tree: Data, unit: str = "") -> str:
        """A label with its value, or with why there is none."""
        label = self.name(tree)
        if tree["value"] is None:
            return self.in_brackets(label, self.absent(tree))
        return self.with_value(label, self.of(tree, unit)) + self.mark(tree)

    def absent(self, tree: Data) -> str:
        match (tree.get("entry") or {}).get("state"):
            case "unpublished":
                return self.say("没有找到公布的数值", "no published value found")
            case "not_modelled":
                return self.say("没有收录", "not among the texts held here")
            case "not_in_force":
                on = tree["on"]
                return self.say(f"{on} 没有生效的规定", f"no rule in force on {on}")
        return self.say("未知", "not known")

    def mark(self, tree: Data) -> str:
        """The mark of a value that no text states: a demonstration's, or a what-if."""
        entry = tree.get("entry") or {}
        if entry.get("illustrative"):
            return self.say("〔示例〕", " [illustrative]")
        return self.say("〔假设〕", " [what-if]") if entry.get("overlay") else ""

    # Formulas.

    def term(self, tree: Data, unit: str = "") -> str:
        """A side of a comparison: a name with its value, or a formula and what it comes to."""
        if tree["op"] == "constant":
            return self.of(tree, unit)
        if self.step(tree) or tree["op"] in LEAVES:
            return self.named(tree, unit)
        if tree["value"] is None:
            return self.formula(tree)
        value = self.of(tree, unit)
        return self.say(f"{self.formula(tree)}（即 {value}）", f"{self.formula(tree)} (that is {value})")

    def operand(self, tree: Data, *, within: str = "") -> str:
        """A part of a formula, in brackets where it would otherwise be misread."""
        if tree["op"] in LEAVES or self.step(tree):
            return self.term(tree)
        text = self.formula(tree)
        runs_on = tree["op"] in ("when", "fact_or") or (within == "add" and tree["op"] in ("add", "sub", "mul", "share"))
        return text if runs_on or not within or (within == tree["op"] == "mul") else self.say(f"（{text}）", f"({text})")

    def formula(self, tree: Data) -> str:
        """How a value comes about, spelt out."""
        return self.tidy(self._formula(tree))

    def tidy(self, text: str) -> str:
        """Wide punctuation brings its own space."""
        return self.say(_BESIDE_WIDE.sub("", text), text)

    def _formula(self, tree: Data) -> str:
        op, args = tree["op"], tree.get("args", ())
        if tree["kind"] == "bool":
            return self.statement(tree)
        if op == "sub" and tree["kind"] == "days" and args[0]["kind"] == "date":
            until, since = (self.operand(arg) for arg in args)
            return self.say(f"从 {since} 到 {until} 的天数", f"days from {since} to {until}")
        match op:
            case "add" if any(_is_nothing(arg) for arg in args):
                return " + ".join(self.operand(arg, within=op) for arg in args if not _is_nothing(arg)) or self.of(tree)
            case "add" | "sub" | "mul" | "share":
                sign = {"add": "+", "sub": "−"}.get(op, "×")
                left, right = args
                after = "add" if op == "add" else op
                text = f"{self.operand(left, within='add' if op == 'sub' else after)} {sign} {self.operand(right, within=after)}"
                return text + self.rounding(tree, 1000) if op == "share" else text
            case "divide":
                text = f"{self.operand(args[0], within=op)} ÷ {args[1]['value']}"
                return text + self.rounding(tree, args[1]["value"])
            case "least" | "greatest":
                return self._extreme(tree)
            case "when":
                return self._branch(tree)
            case "fact_or" if args[0]["value"] is None:
                return self.operand(args[1]) + self._none_given([tree])
            case "fact_or":
                return self.operand(args[0])
        return self._of_dates(tree)

    def _of_dates(self, tree: Data) -> str:
        op, args = tree["op"], [self.operand(arg) for arg in tree.get("args", ())]
        match op:
            case "years":
                return self.say(f"从 {args[0]} 到 {args[1]} 的周年数", f"full years from {args[0]} to {args[1]}")
            case "months":
                return self.say(f"从 {args[0]} 到 {args[1]} 的足月数", f"full months from {args[0]} to {args[1]}")
            case "add_years" | "add_months":
                count = tree["args"][1]
                return f"{args[0]} + {self.count(count['value'], op[4:]) if count['op'] == 'constant' else args[1]}"
            case "month_of":
                return self.say(f"{args[0]} 的月份", f"the month of {args[0]}")
            case "prefix":
                return self.say(f"{args[0]} 的前 {tree['with']} 位", f"the first {tree['with']} characters of {args[0]}")
        return self.term(tree)

    def rounding(self, tree: Data, by: int) -> str:
        """A remark where a division did not come out even; nothing where it did."""
        numbers = [arg["value"] for arg in tree["args"]]
        if None in numbers or (numbers[0] * (numbers[1] if tree["op"] == "share" else 1)) % by == 0:
            return ""
        return {
            "down": self.say("（零头舍去）", " (rounded down)"),
            "up": self.say("（零头进一）", " (rounded up)"),
            "half_up": self.say("（四舍五入）", " (rounded to the nearest)"),
        }[tree["with"]]

    def _none_given(self, trees: Iterable[Data]) -> str:
        names = [self.name(tree["args"][0]) for tree in trees if tree["op"] == "fact_or" and tree["args"][0]["value"] is None]
        return "".join(self.say(f"（{name}：无）", f" ({name}: none)") for name in names)

    def _extreme(self, tree: Data) -> str:
        bare = [arg["args"][1] if self._none_given([arg]) else arg for arg in tree["args"]]
        if all(arg == bare[0] for arg in bare):
            return self.operand(bare[0]) + self._none_given(tree["args"])
        args = [self.operand(arg, within=tree["op"]) for arg in tree["args"]]
        is_date, is_least = tree["kind"] == "date", tree["op"] == "least"
        bound = next((number for number, arg in enumerate(tree["args"]) if arg["op"] == "constant"), None)
        if bound is not None and len(args) == 2:
            formula = self.operand(tree["args"][1 - bound])
            zh, en = _BOUNDS[is_least, is_date]
            return self.say(f"{formula}，{zh} {args[bound]}", f"{formula}, {en} {args[bound]}")
        zh, en = _EXTREMES[is_least, is_date]
        return self.say(f"{'、'.join(args[:-1])} 与 {args[-1]} 中{zh}", f"{en} {', '.join(args[:-1])} and {args[-1]}")

    def _branch(self, tree: Data) -> str:
        """The branch that was taken, with the reason unless that is only what kind of case this is."""
        condition, *taken = tree["args"]
        if not taken:
            why = self.statement(condition)
            return self.say(f"未知（要看：{why}）", f"not known (it hangs on: {why})")
        text = self.operand(taken[0])
        if chooses(condition):
            return text
        why = self.statement(condition)
        return self.say(f"{text}（因为{why}）", f"{text} (because {why})")

    # Conditions.

    def statement(self, tree: Data) -> str:
        """What holds; where the condition is unknown, what would have to."""
        return self.tidy(self.join(self.holds(tree), "，且", ", and "))

    def holds(self, tree: Data, *, negated: bool = False) -> list[str]:
        """What holds, part by part. `negated` matters only while it is unknown."""
        if self.step(tree):
            return [self.claim(tree)]
        match tree["op"]:
            case "constant":
                return []
            case "not":
                return self.holds(tree["args"][0], negated=not negated)
            case "and" | "or":
                found = [self.holds(part, negated=negated) for part in deciding(tree)]
                if tree["value"] is None and (tree["op"] == "or") is not negated:
                    return [self.join((self.join(parts, "，且", ", and ") for parts in found), "，或", ", or ")]
                return [part for parts in found for part in parts]
            case "when":
                condition, *taken = tree["args"]
                found_taken = self.holds(taken[0], negated=negated) if taken else []
                return found_taken if found_taken and chooses(condition) else self.holds(condition) + found_taken
            case "known":
                name = self.name(tree["args"][0])
                return [self.say(f"{name}已知", f"{name} is known") if tree["value"] else self.say(f"{name}未知", f"{name} is not known")]
            case "in":
                return [self._listed(tree, negated=negated)]
            case op if op in _SIGNS:
                return [self._compared(tree, negated=negated)]
        return [self.claim(tree)]

    def claim(self, tree: Data) -> str:
        """A yes-or-no value by its name."""
        if tree["value"] is None:
            return self.in_brackets(self.name(tree), self.absent(tree))
        return f"{self.name(tree)} = {self.of(tree)}{self.mark(tree)}"

    def _compared(self, tree: Data, *, negated: bool) -> str:
        left, right = tree["args"]
        unit = self.unit(left) or self.unit(right)
        if tree["value"] is not None and tree["op"] in ("eq", "ne") and right["op"] == "constant":
            is_so = self._is(left, unit)
            if is_so:
                is_equal = (tree["op"] == "eq") is tree["value"]
                other = self.term(right, unit)
                return is_so if is_equal else is_so + self.say(f"，不是 {other}", f", not {other}")
        shown = tree["value"] if tree["value"] is not None else not negated
        return f"{self.term(left, unit)} {_SIGNS[tree['op']][0 if shown else 1]} {self.term(right, unit)}"

    def _is(self, tree: Data, unit: str) -> str:
        """What something is, as a clause; nothing for a formula without a name."""
        name, value = self.name(tree), self.of(tree, unit)
        if name:
            return self.say(f"{name}是 {value}", f"{name} is {value}") + self.mark(tree)
        if tree["op"] == "prefix":
            whole = self.operand(tree["args"][0])
            return self.say(f"{whole} 以 {value} 开头", f"{whole} begins with {value}")
        return ""

    def _listed(self, tree: Data, *, negated: bool) -> str:
        choices = [plain(str(choice)) for choice in tree["with"]]
        shown = tree["value"] if tree["value"] is not None else not negated
        term = self.term(tree["args"][0])
        if len(choices) > _LONGEST_LIST:
            count = len(choices)
            return term + (
                self.say(f" 在所列 {count} 项之内", f" is one of the {count} listed") if shown
                else self.say(f" 不在所列 {count} 项之内", f" is none of the {count} listed")
            )  # fmt: skip
        listed = self.join(choices, "、", ", ")
        if shown:
            return term + self.say(f" 在 {listed} 之列", f" is one of {listed}")
        return term + self.say(f" 不在 {listed} 之列", f" is none of {listed}")
