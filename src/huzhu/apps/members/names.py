"""Reads a person's name: rare characters stay, one form of the middle dot, and nothing that looks like a letter and is
another. What no rule can settle is a doubt for a person to decide, and what cannot be a name is refused."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from huzhu.apps.members.identity import Fault
from huzhu.rules.texts import Text

DOT = "·"
DOTS = "•‧・･∙⋅․·᛫⸱⸳◦●ꞏᐧ。｡"
HYPHENS = "‐‑–－﹣"
APOSTROPHES = "’‘ʼ＇`´"
FOLDED = str.maketrans({**dict.fromkeys(DOTS, DOT), **dict.fromkeys(HYPHENS, "-"), **dict.fromkeys(APOSTROPHES, "'")})
MARKS = frozenset(f"{DOT}-'. ")
# Letters by their category that are drawn as nothing at all.
BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
# By block and not by what this Python's tables know: a name may use a character younger than the interpreter.
HAN_BLOCKS = (
    *((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2EE5D), (0x30000, 0x33479)),
    *((0x3007, 0x3007), (0xFA0E, 0xFA0F), (0xFA11, 0xFA11), (0xFA13, 0xFA14), (0xFA1F, 0xFA1F)),
    *((0xFA21, 0xFA21), (0xFA23, 0xFA24), (0xFA27, 0xFA29)),
)
ORDINARY = re.compile(r"[\u4e00-\u9fff](?!.*某)[\u4e00-\u9fff]{1,3}")
DOT_BETWEEN_HAN = re.compile(r"(?<=[\u3400-\u9fff])[.．](?=[\u3400-\u9fff])")
TITLES = ("先生", "女士", "小姐", "师傅", "老师", "经理", "站长")
PLACEHOLDERS = frozenset(
    (
        *("无", "空", "未知", "不详", "待定", "测试", "姓名", "骑手", "匿名", "某某"),
        *("test", "null", "none", "na", "nan", "n/a", "unknown", "name"),
    )
)
HAN_AT_MOST = 50
USUAL_AT_MOST = 6  # without a middle dot
LETTERS_AT_MOST = 80
ACCENTS_AT_MOST = 2
ALIKE_SCRIPTS = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU"})

RETYPE = Text("请删除后重新键入，不要粘贴", "delete it and type it afresh, without pasting")
AS_ON_CARD = Text("请按身份证上的姓名填写", "enter the name as it is on the identity card")
SEE_CARD = Text("请对照证件确认", "compare it with the card and confirm")

REFUSALS = {
    "name_missing": (Text("没有姓名", "there is no name"), AS_ON_CARD),
    "name_too_long": (Text("姓名太长", "the name is too long"), AS_ON_CARD),
    "name_placeholder": (Text("这是占位的文字，不是姓名", "this stands in for a name and is none"), AS_ON_CARD),
    "name_masked": (
        Text("姓名被星号或某某遮住了", "the name is masked"),
        Text("请导出未遮盖的姓名", "export it unmasked"),
    ),
    "name_invisible": (
        Text("姓名里有看不见的字符", "the name has a character that cannot be seen"),
        RETYPE,
    ),
    "name_control": (
        Text("姓名里有控制字符", "the name has a control character"),
        RETYPE,
    ),
    "name_private": (
        Text("姓名里有自造字，别的电脑显示不出来", "the name has a private character that other machines cannot show"),
        Text("请用国家标准（GB 18030）里的字重新键入", "type the character of the national standard (GB 18030)"),
    ),
    "name_broken": (
        Text("姓名是乱码", "the name was damaged by a wrong encoding"),
        Text("请从原系统重新导出为 UTF-8", "export it from its source again as UTF-8"),
    ),
    "name_digits": (Text("姓名里有数字", "the name has a digit"), AS_ON_CARD),
    "name_symbols": (Text("姓名里有符号", "the name has a symbol"), AS_ON_CARD),
    "name_formula": (
        Text("姓名像是电子表格的公式", "the name looks like a spreadsheet's formula"),
        Text("请粘贴为数值后再上传", "paste the values and upload it again"),
    ),
    "name_look_alike": (
        Text("姓名里混有另一种文字的形近字母", "a letter of another script that looks alike stands in the name"),
        RETYPE,
    ),
    "name_accents": (Text("一个字母上叠了太多符号", "too many marks are piled upon one letter"), RETYPE),
}
DOUBTS = {
    "name_one_character": (Text("姓名只有一个字", "the name has one character only"), SEE_CARD),
    "name_unusually_long": (
        Text("姓名比通常的长，又没有间隔号", "the name is longer than usual and has no middle dot"),
        SEE_CARD,
    ),
    "name_title": (Text("姓名后面像是称呼", "there seems to be a form of address behind the name"), AS_ON_CARD),
    "name_mixed_scripts": (Text("姓名里有两种文字", "the name is in more than one script"), SEE_CARD),
    "name_other_script": (Text("姓名不是汉字或拉丁字母", "the name is in neither Chinese nor Latin letters"), SEE_CARD),
}


@dataclass(frozen=True, slots=True)
class Name:
    """A name in its ordinary form. With `doubts`, it goes to the queue of a person who decides."""

    text: str = field(repr=False)
    doubts: tuple[Fault, ...] = ()

    @property
    def is_doubtful(self) -> bool:
        return bool(self.doubts)


def read_name(*, text: str) -> Name | Fault:
    """The name in `text`, accepted, doubtful, or a fault that says why it is no name."""
    if ORDINARY.fullmatch(text) and not text.endswith(TITLES) and text not in PLACEHOLDERS:
        return Name(text)
    if any(is_blank(character) for character in text.strip()):
        return _refused("name_invisible")
    code = _category_fault(text)
    if code:
        return _refused(code)
    name = ordinary(text=text)
    code = _refusal_code(name)
    if code:
        return _refused(code)
    doubts = tuple(Fault(code, *DOUBTS[code]) for code in _doubt_codes(name))
    return Name(name, doubts)


def ordinary(*, text: str) -> str:
    """`text` in the one form that is stored: compatibility forms and radicals as the ordinary characters, `·` for
    every middle dot, no variation selectors after Han, no spaces between Han characters."""
    folded = unicodedata.normalize("NFKC", text.translate(FOLDED)).translate(FOLDED)
    folded = "".join(_unradicalled(character) for character in folded)
    folded = DOT_BETWEEN_HAN.sub(DOT, folded)
    kept: list[str] = []
    for character in folded:
        if _is_selector(character) and kept and is_han(kept[-1]):
            continue
        kept.append(character)
    words = "".join(kept).split()
    return "".join(
        word
        if index == 0 or (is_han(word[0]) and is_han(words[index - 1][-1])) or DOT in (word[0], words[index - 1][-1])
        else " " + word
        for index, word in enumerate(words)
    )


def same_person_key(*, name: str) -> str:
    """Equal for names that look the same on screen or differ only in case, spaces and punctuation. Only for comparing:
    it is no name, and two people may share one."""
    alike = _alike()
    plain = unicodedata.normalize("NFKC", name.translate(FOLDED)).translate(FOLDED)
    key = []
    for character in plain:
        shown = alike.get(character, character)
        for folded in shown.casefold():
            if folded in MARKS or folded.isspace() or is_blank(folded) or _is_selector(folded):
                continue
            key.append(alike.get(folded, folded))
    return unicodedata.normalize("NFC", "".join(key))


def is_han(character: str) -> bool:
    code = ord(character)
    return 0x4E00 <= code <= 0x9FFF or any(first <= code <= last for first, last in HAN_BLOCKS)


def is_blank(character: str) -> bool:
    """Whether nothing is drawn for it and it is no space: zero-width, bidirectional and other format characters."""
    return character in BLANK_LETTERS or unicodedata.category(character) == "Cf"


def _is_selector(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _refused(code: str) -> Fault:
    return Fault(code, *REFUSALS[code])


def _category_fault(text: str) -> str | None:
    """What may stand in no name, whatever it folds to."""
    for character in text.strip():
        if is_han(character):
            continue
        category = unicodedata.category(character)
        if character == "\ufffd" or category in {"Cs", "Cn"}:
            return "name_broken"
        if category == "Co":
            return "name_private"
        if category in {"Cc", "Zl", "Zp"}:
            return "name_control"
        if unicodedata.numeric(character, None) is not None and unicodedata.category(character) in {"No", "Nd", "Nl"}:
            return "name_digits"  # before ① folds to 1 and Ⅳ to letters
        if "\u03d0" <= character <= "\u03ff" and unicodedata.normalize("NFKC", character) != character:
            return "name_look_alike"  # before a Greek sign that looks like a Latin letter folds to one that does not
        if category == "So" and _unradicalled(unicodedata.normalize("NFKC", character)) == character:
            return "name_symbols"
        if category == "Sm" or (category in {"So", "Sc", "Sk"} and len(unicodedata.normalize("NFKC", character)) > 1):
            return "name_formula" if text.lstrip().startswith("=") else "name_symbols"
    return None


def _refusal_code(name: str) -> str | None:
    letters = [character for character in name if character not in MARKS]
    if not letters:
        return "name_symbols" if name else "name_missing"
    if name.casefold() in PLACEHOLDERS:
        return "name_placeholder"
    if "*" in name or "某" in name[1:] or "×" in name:
        return "name_masked"
    if any(_is_selector(character) for character in name):
        return "name_invisible"
    for character in letters:
        category = unicodedata.category(character)
        if category[0] in "PSZ":
            return "name_symbols"
        if category[0] == "N" and character != "〇":
            return "name_digits"
    if _is_piled(name):
        return "name_accents"
    if name[0] in MARKS or name[-1] in f"{DOT}-'" or any(pair in name for pair in (DOT * 2, "--", "''", "..")):
        return "name_symbols"
    if len(name) > (HAN_AT_MOST if is_han(letters[0]) else LETTERS_AT_MOST):
        return "name_too_long"
    return "name_look_alike" if _hides_look_alike(letters) else None


def _doubt_codes(name: str) -> Iterator[str]:
    letters = [character for character in name if character not in MARKS]
    scripts = {script_of(character) for character in letters} - {"INHERITED"}
    if len(letters) == 1:
        yield "name_one_character"
    if scripts == {"HAN"} and len(letters) > USUAL_AT_MOST and DOT not in name:
        yield "name_unusually_long"
    if len(letters) > 2 and name.endswith(TITLES):
        yield "name_title"
    if len(scripts) > 1:
        yield "name_mixed_scripts"
    elif not scripts <= {"HAN", "LATIN"}:
        yield "name_other_script"


def _is_piled(name: str) -> bool:
    run = 0
    for index, character in enumerate(name):
        if unicodedata.category(character) not in {"Mn", "Me", "Mc"}:
            run = 0
            continue
        run += 1
        if run > ACCENTS_AT_MOST or index == 0 or is_han(name[index - run]):
            return True
    return False


def _hides_look_alike(letters: list[str]) -> bool:
    """Whether a letter of one script looks like one of the script that the others are in."""
    scripts = {script_of(character) for character in letters} - {"INHERITED"}
    if len(scripts) < 2:
        return False
    if len(scripts & ALIKE_SCRIPTS) > 1:
        return True
    alike = _alike()
    return "HAN" in scripts and any(
        not is_han(character) and is_han(alike.get(character, character)) for character in letters
    )


def script_of(character: str) -> str:
    """In capitals, as Unicode names it."""
    if is_han(character):
        return "HAN"
    if unicodedata.category(character) in {"Mn", "Me", "Mc"}:
        return "INHERITED"
    from confusable_homoglyphs import categories

    return str(categories.alias(character))


def _unradicalled(character: str) -> str:
    """The character that a radical of the supplement block (U+2E80 to U+2EFF) is written with."""
    if not "\u2e80" <= character <= "\u2eff":
        return character
    shown = _alike().get(character, character)
    return shown if is_han(shown) else character


@lru_cache(maxsize=1)
def _alike() -> dict[str, str]:
    """Each character that is confusable with others, to the one that stands for all of them: a Han character before a
    Latin letter before anything else. From Unicode's table of confusables, 0.1 s to load."""
    from confusable_homoglyphs.confusables import confusables_data

    parents: dict[str, str] = {}

    def top(character: str) -> str:
        while (parent := parents.get(character, character)) != character:
            character = parent
        return character

    def join(one: str, other: str) -> None:
        first, second = sorted((top(one), top(other)), key=_precedence)
        parents.setdefault(first, first)
        parents[second] = first

    for character, others in confusables_data.items():
        for other in others:
            if len(character) == 1 and len(other["c"]) == 1:
                join(character, other["c"])
    for code in range(ord("a"), ord("z") + 1):
        join(chr(code), chr(code).upper())
    return {character: top(character) for character in parents}


def _precedence(character: str) -> tuple[bool, bool, bool, str]:
    is_letter = character.isascii() and character.isalpha()
    is_shape = is_han(character) and character != "〇"  # which looks like any O
    return not is_shape, not is_letter, not character.islower(), character
