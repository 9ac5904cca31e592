"""Formulas and conditions in words, from the trees of `explain.py`.

A condition is always put as what holds ("age 60 ≥ age limit 60"), never as what failed to, so that every line is true;
one that is still unknown is put as what would have to hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from huzhu.rules.wording import LEAVES, Data, Words, spaced

_SIGNS = {"lt": "<≥", "le": "≤>", "gt": ">≤", "ge": "≥<", "eq": "=≠", "ne": "≠="}  # as written, and its opposite
_EXTREMES = {  # of two dates, and of two amounts
    "least": (("较早的", "the earlier of"), ("较小的", "the smaller of")),
    "greatest": (("较晚的", "the later of"), ("较大的", "the larger of")),
}
_BOUNDS = {  # the same, against a constant
    "least": (("不晚于", "not after"), ("至多", "at most")),
    "greatest": (("不早于", "not before"), ("至少", "at least")),
}
_LONGEST_LIST = 8


def chooses(tree: Data) -> bool:
    """A condition on what kind of case this is (a benefit, a cause), such as a switch makes."""
    if tree["op"] == "not":
        return chooses(tree["args"][0])
    if tree["op"] not in ("eq", "ne", "in") or tree["args"][0]["op"] != "fact" or tree["args"][0]["kind"] != "text":
        return False
    return tree["op"] == "in" or bool(tree["args"][1]["op"] == "constant")


def _excludes(tree: Data) -> bool:
    """It holds because this is some other kind of case."""
    is_negative = tree["op"] == "ne" or (tree["op"] == "not" and tree["args"][0]["op"] != "ne")
    return tree["value"] is True and is_negative and chooses(tree)


def aside(tree: Data) -> list[Data]:
    """The facts for which a condition does not concern this case at all; none where it holds on its merits."""
    if tree["value"] is not True:
        return []
    match tree["op"]:
        case "or":
            found = ([_chosen_by(part)] if _excludes(part) else aside(part) for part in tree["args"])
            return next((facts for facts in found if facts), [])
        case "and":
            all_found = [aside(part) for part in tree["args"]]
            return [fact for facts in all_found for fact in facts] if all(all_found) else []
        case "when":
            condition, *taken = tree["args"]
            return [_chosen_by(condition)] if taken and taken[0]["op"] == "constant" and chooses(condition) else []
    return []


def _chosen_by(tree: Data) -> Data:
    return tree if tree["op"] == "fact" else _chosen_by(tree["args"][0])


def _is_background(tree: Data) -> bool:
    """It asks only what kind of case this is, or whether that is known."""
    if tree["op"] in ("and", "or", "not"):
        return all(map(_is_background, tree["args"]))
    return tree["op"] == "known" or chooses(tree)


def _flat(tree: Data, op: str) -> Iterator[Data]:
    """The parts of `a or (b or c)` side by side."""
    for part in tree["args"]:
        if part["op"] == op:
            yield from _flat(part, op)
        else:
            yield part


def _deciding(tree: Data) -> list[Data]:
    """The parts of an `and` or `or` worth naming: those that decide it or, while it is unknown, those still unknown."""
    parts = [part for part in _flat(tree, tree["op"]) if part["value"] is tree["value"]]
    if tree["value"] is None:
        return parts
    if tree["op"] == "or" and tree["value"]:
        # One is enough, and what kind of case this is says most.
        return [p for p in parts if _excludes(p) or aside(p)] or [p for p in parts if chooses(p)] or parts
    parts = [part for part in parts if not aside(part)] or parts
    return [part for part in parts if not _is_background(part)] or parts


def _choosing_facts(tree: Data) -> list[Data]:
    """The facts that an unknown condition waits for, where all it asks is what kind of case this is."""
    if tree["value"] is not None:
        return []
    if chooses(tree):
        return [_chosen_by(tree)]
    if tree["op"] == "when" and len(tree["args"]) == 1:
        return _choosing_facts(tree["args"][0])
    if tree["op"] not in ("and", "or", "not"):
        return []
    found = [_choosing_facts(part) for part in _deciding(tree)] if tree["op"] != "not" else []
    return [fact for facts in found for fact in facts] if all(found) else []


def is_waiting(tree: Data) -> bool:
    """A switch that cannot be taken yet, so that there is no formula to show."""
    if tree["op"] != "when":
        return False
    return len(tree["args"]) == 1 or is_waiting(tree["args"][1])


def _is_nothing(tree: Data) -> bool:
    """A part of a sum that adds nothing here."""
    if tree["op"] == "when" and tree["value"] is not None:
        return _is_nothing(tree["args"][1])
    return bool(tree["op"] == "constant" and tree["value"] == 0 and tree["kind"] != "bool")


class Formulas(Words):
    """Words for trees: `formula` for how a value comes about, `statement` for a condition."""

    def formula(self, tree: Data) -> str:
        """How a value comes about, spelt out."""
        return self.tidy(self.statement(tree) if tree["kind"] == "bool" else self._formula(tree))

    def term(self, tree: Data, unit: str = "", words: Data | None = None) -> str:
        """A side of a comparison: a name with its value, or a formula and what it comes to."""
        if tree["op"] == "constant":
            return self.of(tree, unit, words)
        if self.step(tree) or tree["op"] in LEAVES:
            return self.named(tree, unit)
        if tree["value"] is None:
            return self.formula(tree)
        value = self.of(tree, unit)
        return self.formula(tree) + self.say(f"（即 {value}）", f" (that is {value})")

    def operand(self, tree: Data, *, within: str = "") -> str:
        """A part of a formula, in brackets where it would otherwise be misread."""
        if tree["op"] in LEAVES or self.step(tree):
            return self.term(tree)
        text = self.formula(tree)
        runs_on = {"": True, "add": tree["op"] in ("add", "sub", "mul", "share"), "mul": tree["op"] == "mul"}
        if tree["op"] in ("when", "fact_or") or runs_on.get(within, False):
            return text
        return self.say(f"（{text}）", f"({text})")

    def _formula(self, tree: Data) -> str:
        op, args = tree["op"], tree.get("args", ())
        match op:
            case "add" if any(_is_nothing(arg) for arg in args):
                return " + ".join(self.operand(arg, within=op) for arg in args if not _is_nothing(arg)) or self.of(tree)
            case "add":
                return " + ".join(self.operand(arg, within=op) for arg in args)
            case "sub" if args[0]["kind"] == args[1]["kind"] == "date":
                until, since = (self.operand(arg) for arg in args)
                return self.say(f"从 {since} 到 {until} 的天数", f"days from {since} to {until}")
            case "sub":
                return f"{self.operand(args[0], within='add')} − {self.operand(args[1], within=op)}"
            case "mul" | "share":
                product = " × ".join(self.operand(arg, within="mul") for arg in args)
                return product + (self._rounding(tree, args[0], args[1]["value"], 1000) if op == "share" else "")
            case "divide":
                by = args[1]["value"]
                return f"{self.operand(args[0], within=op)} ÷ {by}" + self._rounding(tree, args[0], 1, by)
            case "least" | "greatest":
                return self._extreme(tree)
            case "when":
                return self._branch(tree)
            case "fact_or":
                none = self._none_given(tree)
                return self.operand(args[1]) + none if none else self.operand(args[0])
            case "prefix":
                whole = self.operand(args[0])
                return self.say(f"{whole} 的前 {tree['with']} 位", f"the first {tree['with']} characters of {whole}")
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
                unit = op.removeprefix("add_")
                return f"{args[0]} + {self.count(count['value'], unit) if count['op'] == 'constant' else args[1]}"
            case "month_of":
                return self.say(f"{args[0]} 的月份", f"the month of {args[0]}")
        return self.term(tree)

    def _rounding(self, tree: Data, amount: Data, times: int | None, by: int) -> str:
        """A remark where a division did not come out even; nothing where it did."""
        if amount["value"] is None or times is None or amount["value"] * times % by == 0:
            return ""
        return {
            "down": self.say("（零头舍去）", " (rounded down)"),
            "up": self.say("（零头进一）", " (rounded up)"),
            "half_up": self.say("（四舍五入）", " (rounded to the nearest)"),
        }[tree["with"]]

    def _none_given(self, tree: Data) -> str:
        """A remark on an optional fact that is not there."""
        if tree["op"] != "fact_or" or tree["args"][0]["value"] is not None:
            return ""
        name = self.name(tree["args"][0])
        return self.say(f"（{name}：无）", f" ({name}: none)")

    def _extreme(self, tree: Data) -> str:
        args = tree["args"]
        compared = [arg["args"][1] if self._none_given(arg) else arg for arg in args]
        if all(arg == compared[0] for arg in compared):
            return self.operand(compared[0]) + "".join(map(self._none_given, args))
        kind = 0 if tree["kind"] == "date" else 1
        bound = next((arg for arg in args if arg["op"] == "constant"), None)
        if bound is not None and len(args) == 2:
            free = args[0] if bound is args[1] else args[1]
            zh, en = _BOUNDS[tree["op"]][kind]
            return f"{self.operand(free)}{self.say('，' + zh, ', ' + en)} {self.of(bound)}"
        *first, last = (self.operand(arg, within=tree["op"]) for arg in args)
        zh, en = _EXTREMES[tree["op"]][kind]
        return self.say(f"{'、'.join(first)} 与 {last} 中{zh}", f"{en} {', '.join(first)} and {last}")

    def _branch(self, tree: Data) -> str:
        """The branch that was taken, with the reason unless that is only what kind of case this is."""
        condition, *taken = tree["args"]
        why = self.statement(condition)
        if not taken:
            return self.say(f"未知（要看：{why}）", f"not known (it hangs on: {why})")
        text = self.operand(taken[0])
        return text if chooses(condition) else text + self.say(f"（因为{why}）", f" (because {why})")

    # Conditions.

    def statement(self, tree: Data) -> str:
        """What holds; where the condition is unknown, what would have to."""
        return self.tidy(self._all_of(self._holds(tree)))

    def _all_of(self, texts: Iterable[str]) -> str:
        return self.join(texts, "，且", ", and ")

    def _holds(self, tree: Data, *, negated: bool = False) -> list[str]:
        """What holds, part by part. `negated` matters only while it is unknown."""
        if self.step(tree):
            return [self._claim(tree)]
        asked = [self.named(fact) for fact in _choosing_facts(tree)]
        if len(set(asked)) > (0 if tree["op"] == "when" else 1):
            # Several comparisons with what is not known would only hide that it has to be known.
            return [self.join(asked, "、", ", ")]
        match tree["op"]:
            case "constant":
                return []
            case "not":
                return self._holds(tree["args"][0], negated=not negated)
            case "and" | "or":
                found = [self._holds(part, negated=negated) for part in _deciding(tree)]
                if tree["value"] is None and (tree["op"] == "or") is not negated:
                    return [self.join(map(self._all_of, found), " 或 ", " or ")]
                return [text for texts in found for text in texts]
            case "when":
                condition, *taken = tree["args"]
                given = self._holds(taken[0], negated=negated) if taken else []
                return given if given and chooses(condition) else self._holds(condition) + given
            case "known":
                name = self.name(tree["args"][0])
                is_known = (f"{name}已知", f"{name} is known")
                return [self.say(*is_known) if tree["value"] else self.say(f"{name}未知", f"{name} is not known")]
            case "in":
                return [self._listed(tree, negated=negated)]
            case op if op in _SIGNS:
                return [self._compared(tree, negated=negated)]
        return [self._claim(tree)]

    def _claim(self, tree: Data) -> str:
        """A yes-or-no value by its name."""
        if tree["value"] is None:
            return self.in_brackets(self.name(tree), self.absent(tree))
        return f"{self.name(tree)} = {self.of(tree)}{self.mark(tree)}"

    def _compared(self, tree: Data, *, negated: bool) -> str:
        left, right = tree["args"]
        unit = self.unit(left) or self.unit(right)
        if tree["value"] is not None and tree["op"] in ("eq", "ne") and right["op"] == "constant":
            is_so, other = self._is(left, unit), self.of(right, unit, left.get("words"))
            if is_so:
                is_equal = (tree["op"] == "eq") is tree["value"]
                return is_so if is_equal else is_so + self.say(f"，不是{spaced(other)}", f", not {other}")
        sign = _SIGNS[tree["op"]][0 if self._stands(tree, negated) else 1]
        return f"{self.term(left, unit)} {sign} {self.term(right, unit, left.get('words'))}"

    @staticmethod
    def _stands(tree: Data, negated: bool) -> bool:
        """Whether a condition is put as it is written, or as its opposite."""
        return not negated if tree["value"] is None else bool(tree["value"])

    def _is(self, tree: Data, unit: str) -> str:
        """What something is, as a clause; nothing for a formula without a name."""
        name, value = self.name(tree), self.of(tree, unit)
        if name:
            return self.say(f"{name}是{spaced(value)}", f"{name} is {value}") + self.mark(tree)
        if tree["op"] == "prefix":
            whole = self.operand(tree["args"][0])
            return self.say(f"{whole} 以 {value} 开头", f"{whole} begins with {value}")
        return ""

    def _listed(self, tree: Data, *, negated: bool) -> str:
        choices = [self.code(str(choice), tree["args"][0].get("words")) for choice in tree["with"]]
        term, stands = self.term(tree["args"][0]), self._stands(tree, negated)
        if len(choices) > _LONGEST_LIST:
            zh, en = f"所列 {len(choices)} 项之内", f"the {len(choices)} listed"
        else:
            zh, en = f"{spaced('、'.join(choices))}之列", ", ".join(choices)
        if stands:
            return term + self.say(f" 在{zh}", f" is one of {en}")
        return term + self.say(f" 不在{zh}", f" is none of {en}")
