"""Values and names in words, in Chinese and English: money, days, dates, and what a fact or a parameter is called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from huzhu.rules.texts import Lang

Data = Mapping[str, Any]  # any part of an `explanation/1`

LEAVES = frozenset({"constant", "fact", "parameter"})
_COUNTED = {"days": ("天", "day"), "months": ("个月", "month"), "years": ("年", "year"), "age": ("周岁", "year")}
_MONEY_PER = {"fen/day": ("/天", "/day"), "fen/month": ("/月", "/month")}
_PLACEHOLDER = re.compile(r"( ?)\{(\w+)\}( ?)")
_HINT = re.compile(r"（[^（）]*）$| \([^()]*\)$")
_STORED_AS = re.compile(r"（(?:千分比|十分之一摄氏度)）|,? \(?(?:per mille|tenths of a degree Celsius)\)?")
_WIDE = "，。：；（）“”〔〕"
_BESIDE_WIDE = re.compile(f"(?<=[{_WIDE}]) | (?=[{_WIDE}])")


def money(fen: int) -> str:
    """Yuan with thousands separators and both digits of the fen, by whole numbers alone."""
    yuan, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{yuan:,}.{rest:02d}"


def tenths(number: int) -> str:
    """A tenth of a number, with one decimal, by whole numbers alone."""
    whole, rest = divmod(abs(number), 10)
    return f"{'-' if number < 0 else ''}{whole}.{rest}"


def spaced(text: str) -> str:
    """A text to stand among Chinese ones: digits and Latin letters keep a space from them."""
    return f"{' ' if text[:1].isascii() else ''}{text}{' ' if text[-1:].isascii() else ''}"


def plain(text: str) -> str:
    """A person's text made safe to print on a terminal: one line, no control or reordering characters."""
    shown = (char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in " ".join(text.split()))
    return "".join(shown)


class Words:
    """Words in one language; `steps` are an explanation's named steps, which are named and not spelt out where they occur."""

    def __init__(self, *, lang: Lang, steps: Sequence[Data] = ()) -> None:
        self.lang = lang
        self.steps = [step for step in steps if step["tree"]["op"] not in LEAVES]

    def say(self, zh: str, en: str) -> str:
        return zh if self.lang == "zh" else en

    def get(self, text: Data) -> str:
        return str(text[self.lang])

    def tidy(self, text: str) -> str:
        """Wide punctuation brings its own space."""
        return self.say(_BESIDE_WIDE.sub("", text).strip(), text)

    def join(self, texts: Iterable[str], zh: str, en: str) -> str:
        return self.say(zh, en).join(dict.fromkeys(texts))

    def quoted(self, texts: Iterable[str]) -> str:
        return self.join((f"“{text}”" for text in texts), "、", ", ")

    def entry(self, label: str, value: str) -> str:
        """A line of a list: what it is, then what it comes to."""
        return self.say(f"{label}：{value}", f"{label}: {value}")

    def with_value(self, label: str, value: str) -> str:
        """The same within a formula."""
        return self.tidy(f"{label} {value}")

    def in_brackets(self, text: str, remark: str) -> str:
        return self.say(f"{text}（{remark}）", f"{text} ({remark})")

    # Values.

    def value(self, kind: str, value: Any, unit: str = "", words: Data | None = None) -> str:
        """A value by its kind; `unit` is a parameter's or a fact's, `words` what its codes are called, where it has them."""
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
                return self.join((self.code(code, words) for code in value), "、", ", ") or self.say("无", "none")
            case "int" if unit == "deci_c":
                return f"{tenths(value)} {self.say('℃', '°C')}"
            case "int" if unit in _COUNTED:
                return self.count(value, unit)
        return self.code(str(value), words)

    def code(self, code: str, words: Data | None) -> str:
        """What a code is called; any other text is left as a person wrote it."""
        return self.get(words[code]) if words and code in words else plain(code)

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

    def of(self, tree: Data, unit: str = "", words: Data | None = None) -> str:
        """A tree's value as a formula has it: in "300.00 yuan x 16" it is for the label to say that it is so much a day."""
        unit = unit or self.unit(tree)
        return self.value(tree["kind"], tree["value"], "" if unit in _MONEY_PER else unit, tree.get("words") or words)

    def sentence(self, says: Data, figures: Data) -> str:
        """A test's sentence with its figures. Days stand as a bare number: the sentence has the word."""

        def figure(found: re.Match[str]) -> str:
            before, name, after = found.groups()
            kind, value, words = figures[name]["kind"], figures[name]["value"], figures[name].get("words", {})
            if self.lang == "zh" and value in words:
                return self.quoted([self.code(value, words)])
            is_bare = kind == "days" and value is not None
            return f"{before}{value if is_bare else self.value(kind, value, words=words)}{after}"

        return _PLACEHOLDER.sub(figure, self.get(says))

    # Names.

    def label(self, thing: Data, unit: str = "") -> str:
        """The label of a fact, a parameter or a result, without the unit of stored values where they are shown in another."""
        label = self.get(thing["label"])
        return _STORED_AS.sub("", label) if thing["kind"] == "per_mille" or unit == "deci_c" else label

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
        label = self.label(tree, self.unit(tree))
        # What a fact's label says in brackets is for whoever fills it in.
        return _HINT.sub("", label) if tree["op"] == "fact" else label

    def named(self, tree: Data, unit: str = "") -> str:
        """A name with its value, or with why there is none."""
        name = self.name(tree)
        if tree["value"] is None:
            return self.in_brackets(name, self.absent(tree))
        value = self.of(tree, unit)
        if tree["value"] in tree.get("words", ()):
            value = self.quoted([value])
        return self.with_value(name, value) + self.mark(tree)

    def absent(self, tree: Data) -> str:
        """Why a value is not there."""
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
