"""A station's poster and a member's card as signed links, codes to scan, and a page to print. Knows no table: the organisation's code
and serial come in, texts and bytes go out.
"""

from __future__ import annotations

import importlib
import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import segno
from django.core.signing import BadSignature, Signer

from huzhu.rules.texts import Text
from huzhu.ui.refusals import Refusal

POSTER, CARD = Signer(salt="members.poster"), Signer(salt="members.card")
FONTS = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei")
FONT_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "/System/Library/Fonts",
)


class NoChineseFont(Refusal):
    text = Text(
        "这台服务器没有中文字体，海报印不出来。请管理员安装：apt-get install fonts-noto-cjk",
        "This server has no Chinese font, so the poster cannot be printed. Ask the administrator to run: "
        "apt-get install fonts-noto-cjk",
    )
    status = 503


@dataclass(frozen=True, slots=True)
class Link:
    """What a poster's token says."""

    code: str
    serial: int


def token_of(*, code: str, serial: int) -> str:
    """The signed part of a station's address. It never expires; a new serial makes it worthless."""
    return POSTER.sign_object([code, serial])


def read_token(*, token: str) -> Link | None:
    """What a token says, or None where we did not sign it."""
    try:
        code, serial = POSTER.unsign_object(token)
    except (BadSignature, ValueError):
        return None
    return Link(code, serial)


def card_token(*, number: str) -> str:
    """The signed part of the address by which anybody can check a card."""
    return CARD.sign(number)


def read_card_token(*, token: str) -> str | None:
    """The card's number, or None where we did not sign it."""
    try:
        return CARD.unsign(token)
    except BadSignature:
        return None


def matrix_of(*, text: str) -> list[list[int]]:
    """The code to scan, row by row, 1 for dark."""
    return [list(row) for row in segno.make(text, error="m", micro=False).matrix]


def poster_pdf(*, url: str, name: str, name_en: str, hotline: str) -> bytes:
    """An A4 page with the station's code, in Chinese with English below; the font stands inside. Raises NoChineseFont."""
    compiler: Any = importlib.import_module("typst")  # of 40 MB, which no other page needs

    font = chinese_font()
    if font is None:
        raise NoChineseFont
    # The station's words go in beside the program and never into it: nobody's name is a command.
    inputs = {
        "name": name,
        "name_en": name_en,
        "hotline": hotline or "12351",
        "url": url,
        "font": font,
        "code": _svg(url),
    }
    return bytes(compiler.compile(PROGRAM.encode(), sys_inputs=inputs, font_paths=_font_folders()))


@lru_cache(maxsize=1)
def chinese_font() -> str | None:
    """The first of the fonts we know that this machine has."""
    import typst

    found = {family.casefold() for family in _families(typst)}
    return next((font for font in FONTS if font.casefold() in found), None)


def _families(typst: Any) -> list[str]:
    return list(typst.Fonts(font_paths=_font_folders()).families())


def _font_folders() -> list[str]:
    return [str(path) for name in FONT_FOLDERS if (path := Path(name).expanduser()).is_dir()]


def _svg(url: str) -> str:
    """The code as a picture in text, for the program to read."""
    out = io.BytesIO()
    segno.make(url, error="m", micro=False).save(out, kind="svg", scale=10, border=4, dark="#000", light="#fff")
    return out.getvalue().decode()


PROGRAM = """
#let said = sys.inputs
#set page(paper: "a4", margin: (x: 22mm, y: 20mm))
#set text(font: said.font, lang: "zh", region: "cn", size: 15pt, fill: rgb("#1d2b2a"))
#set align(center)
#v(6mm)
#text(size: 40pt, weight: "bold")[扫码加入工会]
#v(-4mm)
#text(size: 17pt, fill: rgb("#45605c"))[Scan to join the union]
#v(5mm)
#image(bytes(said.code), format: "svg", width: 105mm)
#v(4mm)
#text(size: 24pt, weight: "bold")[#said.name]
#if said.name_en != "" and said.name_en != said.name [
  #v(-4mm)
  #text(size: 14pt, fill: rgb("#45605c"))[#said.name_en]
]
#v(8mm)
#set align(left)
#let step(number, zh, en) = (
  text(size: 20pt, weight: "bold", number),
  [#zh\\ #text(size: 11pt, fill: rgb("#45605c"), en)],
)
#grid(columns: (12mm, 1fr), row-gutter: 5mm,
  ..step("1", "用手机扫上面的码", "Scan the code above with your phone"),
  ..step("2", "填姓名、身份证号，收一个短信验证码", "Enter your name and identity number, and the code sent to your phone"),
  ..step("3", "选平台和工种，确认入会", "Choose your platform and kind of work, and confirm"),
)
#v(1fr)
#set align(center)
#text(size: 12pt)[入会不收费。工会服务热线 #said.hotline]\\
#text(size: 10pt, fill: rgb("#45605c"))[Joining is free. Union hotline #said.hotline]
"""
