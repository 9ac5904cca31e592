"""Bar charts as SVG text: Altair describes them, vl-convert draws them on this machine, with no browser and no network.

Every position is worked out here in whole pixels, text widths included, so that a chart is the same on machines with
other fonts, and stays readable where a phone shows it 320 pixels wide.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Literal

import altair as alt
import vl_convert

WIDTH = 360
PAPER = "#f7f8f5"
INK = "#22292b"
ACCENT = "#1b5e6d"
QUIET = "#7b8784"
FONTS = "system-ui, 'Noto Sans CJK SC', 'Noto Sans SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"

_FONT_SIZE = 13
_LABEL_HEIGHT = 20
_BAR_HEIGHT = 12
_BAR_STEP = 17
_ROW_GAP = 7
_TEXT_GAP = 5


@dataclass(frozen=True, slots=True)
class Mark:
    """One bar: its length in any whole unit, and the figure at its end. A quiet one is there to compare with."""

    value: int
    shown: str
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A label with its bars below it."""

    label: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """How much a group loses and gains, both at least 0, with the figures to show."""

    label: str
    loses: int
    gains: int
    loses_shown: str
    gains_shown: str


@dataclass(frozen=True, slots=True)
class _Text:
    x: int
    y: int
    text: str
    align: Literal["left", "right"] = "left"


@dataclass(frozen=True, slots=True)
class _Box:
    x: int
    x2: int
    y: int
    y2: int
    colour: str


def bars(*, rows: Sequence[Row], alternative: str) -> str:
    """Horizontal bars from one zero line, as an `<svg>` element. `alternative` says in words what the chart shows."""
    marks = [mark for row in rows for mark in row.marks]
    span = WIDTH - _widest(mark.shown for mark in marks) - _TEXT_GAP
    longest = max((mark.value for mark in marks), default=0)
    texts: list[_Text] = []
    boxes: list[_Box] = []
    y = 0
    for row in rows:
        texts.append(_Text(0, y + _LABEL_HEIGHT // 2, _fit(row.label)))
        y += _LABEL_HEIGHT
        for mark in row.marks:
            end = _length(mark.value, longest=longest, span=span)
            boxes.append(_Box(0, end, y, y + _BAR_HEIGHT, QUIET if mark.quiet else ACCENT))
            texts.append(_Text(end + _TEXT_GAP, y + _BAR_HEIGHT // 2, mark.shown))
            y += _BAR_STEP
        y += _ROW_GAP
    return _svg(boxes=boxes, texts=texts, height=y, alternative=alternative, background="transparent")


def compare(*, changes: Sequence[Change], loses: str, gains: str, alternative: str) -> str:
    """Who loses (to the left) and who gains (to the right), group by group, as an `<svg>` that can be a file of its
    own. `loses` and `gains` head the two sides."""
    centre = WIDTH // 2
    span = centre - _widest(shown for one in changes for shown in (one.loses_shown, one.gains_shown)) - _TEXT_GAP
    longest = max((value for one in changes for value in (one.loses, one.gains)), default=0)
    texts = [
        _Text(centre - _TEXT_GAP, _LABEL_HEIGHT // 2, f"← {loses}", align="right"),
        _Text(centre + _TEXT_GAP, _LABEL_HEIGHT // 2, f"{gains} →"),
    ]
    boxes: list[_Box] = []
    y = _LABEL_HEIGHT + _ROW_GAP
    for one in changes:
        texts.append(_Text(0, y + _LABEL_HEIGHT // 2, _fit(one.label)))
        y += _LABEL_HEIGHT
        left = centre - _length(one.loses, longest=longest, span=span)
        right = centre + _length(one.gains, longest=longest, span=span)
        boxes += [_Box(left, centre, y, y + _BAR_HEIGHT, QUIET), _Box(centre, right, y, y + _BAR_HEIGHT, ACCENT)]
        texts.append(_Text(left - _TEXT_GAP, y + _BAR_HEIGHT // 2, one.loses_shown, align="right"))
        texts.append(_Text(right + _TEXT_GAP, y + _BAR_HEIGHT // 2, one.gains_shown))
        y += _BAR_STEP + _ROW_GAP
    return _svg(boxes=boxes, texts=texts, height=y, alternative=alternative, background=PAPER)


def _length(value: int, *, longest: int, span: int) -> int:
    """Pixels for a value; what is not nothing shows at least as a sliver."""
    return max(value * span // longest, 1) if value else 0


def _width(text: str) -> int:
    """About how many pixels the text takes, rather too many than too few, in hundredths of its height a character."""
    total = 0
    for character in text:
        if unicodedata.east_asian_width(character) in "WFA":
            total += 100
        else:
            total += 65 if character.isdecimal() or character.isupper() else 58
    return total * _FONT_SIZE // 100


def _widest(texts: Iterable[str]) -> int:
    return max((_width(text) for text in texts), default=0)


def _fit(label: str) -> str:
    """The label, cut where it would leave the picture; the table beside it has the whole."""
    if _width(label) <= WIDTH:
        return label
    while _width(label + "…") > WIDTH:
        label = label[:-1]
    return label.rstrip() + "…"


def _svg(*, boxes: Sequence[_Box], texts: Sequence[_Text], height: int, alternative: str, background: str) -> str:
    across = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, WIDTH], range=[0, WIDTH], nice=False))
    down = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[0, height], range=[0, height], nice=False))
    layers: list[alt.Chart] = [
        alt.Chart(alt.InlineData(values=[asdict(box) for box in boxes]))
        .mark_rect()
        .encode(x=across, x2="x2:Q", y=down, y2="y2:Q", color=alt.Color("colour:N", scale=None))
    ]
    for align in ("left", "right"):
        values = [asdict(text) for text in texts if text.align == align]
        layers.append(
            alt.Chart(alt.InlineData(values=values))
            .mark_text(align=align, baseline="middle", fontSize=_FONT_SIZE, color=INK)
            .encode(x=across, y=down, text="text:N")
        )
    chart = (
        alt.layer(*layers)
        .properties(width=WIDTH, height=height, padding=0, autosize=alt.AutoSizeParams(type="none"))
        .configure(background=background, font=FONTS, aria=False)
        .configure_view(stroke=None)
    )
    # All data stand in the description itself: no address may be fetched.
    drawn = vl_convert.vegalite_to_svg(chart.to_dict(), allowed_base_urls=[])
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" aria-label="{escape(alternative)}" '
        f'width="100%" viewBox="0 0 {WIDTH} {height}">'
    )
    return re.sub(r"^<svg [^>]*>", lambda _: opening, drawn, count=1)
