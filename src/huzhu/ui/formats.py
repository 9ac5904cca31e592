"""How amounts, days and names are written on pages, in both languages; no Django, so that messages and exports agree."""

from __future__ import annotations

import datetime as dt
import unicodedata

from huzhu.rules.texts import Lang

FEN_A_YUAN = 100
DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
GROUPS = ("", "万", "亿", "万亿")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def amount(fen: int, *, sign: str = "¥") -> str:
    """123450 fen are ¥1,234.50; below zero the minus stands before the sign."""
    yuan, rest = divmod(abs(fen), FEN_A_YUAN)
    return f"{'−' if fen < 0 else ''}{sign}{yuan:,}.{rest:02d}"


def amount_in_words(fen: int, *, lang: Lang) -> str:
    """With the unit as a word: 1,234.50 元, 1,234.50 yuan."""
    return f"{amount(fen, sign='')} {'元' if lang == 'zh' else 'yuan'}"


def _four_places(number: int) -> str:
    """1 to 9,999 in capitals, with one 零 for a gap between figures."""
    said, gap = "", False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit == 0:
            gap = bool(said)
            continue
        said += ("零" if gap else "") + DIGITS[digit] + PLACES[place]
        gap = False
    return said


def amount_in_capitals(fen: int) -> str:
    """The form that cheques and receipts in China ask for: 壹仟贰佰叁拾肆元伍角整."""
    if abs(fen) >= FEN_A_YUAN * 10**16:
        raise ValueError(f"no capitals for {fen} fen")
    yuan, rest = divmod(abs(fen), FEN_A_YUAN)
    said = ""
    for group in (3, 2, 1, 0):
        part = yuan // 10 ** (4 * group) % 10**4
        if not part:
            continue
        gap = bool(said) and (part < 1000 or yuan // 10 ** (4 * (group + 1)) % 10 == 0)
        said += (
            ("零" if gap else "")
            + _four_places(part)
            + ("万" if group == 3 and yuan // 10**8 % 10**4 else GROUPS[group])
        )
    jiao, cents = divmod(rest, 10)
    said = f"{said}元" if said else ""
    said += f"{DIGITS[jiao]}角" if jiao else ("零" if said and cents else "")
    said += f"{DIGITS[cents]}分" if cents else ""
    return ("负" if fen < 0 else "") + (said or "零元") + ("" if cents else "整")


def day_in_words(on: dt.date, *, lang: Lang) -> str:
    return f"{on.year}年{on.month}月{on.day}日" if lang == "zh" else f"{on.day} {MONTHS[on.month - 1]} {on.year}"


def moment_in_words(at: dt.datetime, *, lang: Lang) -> str:
    """A moment as it stands, in whatever zone it was brought to."""
    return f"{day_in_words(at.date(), lang=lang)}{' ' if lang == 'zh' else ', '}{at:%H:%M}"


def masked(name: str) -> str:
    """The first character and one star, whatever the length: 张*. Marks that belong to the first character stay with it."""
    name = name.strip()
    end = 1
    while end < len(name) and (unicodedata.combining(name[end]) or unicodedata.category(name[end]) == "Mn"):
        end += 1
    return f"{name[:end]}*" if name else ""


def share_percent(*, part: int, whole: int) -> int | None:
    """Whole percent, rounded down, so that 100 means all of it; none of nothing."""
    return part * 100 // whole if whole else None
