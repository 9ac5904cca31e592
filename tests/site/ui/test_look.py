"""The stylesheets: contrast of every pair of ink and ground in both schemes, and how much a phone has to fetch."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[3] / "src" / "huzhu" / "ui" / "static" / "ui"
CSS = (STATIC / "huzhu.css").read_text(encoding="utf-8")
DESK = (STATIC / "desk.css").read_text(encoding="utf-8")
TEXT_ON = [
    *((ink, ground) for ink in ("ink", "soft", "accent", "bad") for ground in ("paper", "sheet", "hover")),
    *((ink, "wash") for ink in ("ink", "accent", "accent-deep", "soft")),
    *((tone, f"{tone}-wash") for tone in ("good", "warn", "bad")),
    *(("ink", f"{tone}-wash") for tone in ("good", "warn", "bad")),
    ("on-accent", "accent"),
    ("on-accent", "accent-deep"),
    ("sheet", "bad"),
]
SHAPE_ON = [
    ("edge", "paper"),
    ("edge", "sheet"),
    ("accent", "paper"),
    ("accent", "sheet"),
    ("accent", "wash"),
    ("bad", "paper"),
]


def tokens(scheme: str) -> dict[str, str]:
    light, dark = (
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})\b", block))
        for block in re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)[:2]
    )
    return light if scheme == "light" else light | dark


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance of #rrggbb."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_formula_gives_the_known_figures() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("pair", TEXT_ON, ids="-on-".join)
def test_words_stand_out_from_their_ground(pair: tuple[str, str], scheme: str) -> None:
    colours = tokens(scheme)
    assert contrast(colours[pair[0]], colours[pair[1]]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("pair", SHAPE_ON, ids="-on-".join)
def test_borders_and_rings_stand_out(pair: tuple[str, str], scheme: str) -> None:
    colours = tokens(scheme)
    assert contrast(colours[pair[0]], colours[pair[1]]) >= 3


def test_the_dark_scheme_names_every_colour_anew() -> None:
    light, dark = (
        set(re.findall(r"--([\w-]+): #", block)) for block in re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)[:2]
    )
    assert light == dark


def test_colours_come_from_the_tokens() -> None:
    """Outside the tokens only a code's white ground and the black on white of print."""
    after = CSS[CSS.index("*, ::before") :].partition("@media print")[0] + DESK
    assert set(re.findall(r"#[0-9a-f]{3,8}\b", after)) == {"#fff"}


def test_a_phone_fetches_little() -> None:
    assert len(CSS.encode()) < 20 * 1024
    assert len((STATIC / "huzhu.js").read_bytes()) < 8 * 1024


def test_nothing_is_fetched_from_elsewhere() -> None:
    script = (STATIC / "huzhu.js").read_text(encoding="utf-8")
    assert re.findall(r"https?://|@import|url\(|@font-face", CSS + DESK) == []
    assert re.findall(r"https?://|\beval\b|innerHTML|\.style\b|insertAdjacentHTML", script) == []


def test_every_token_that_is_used_is_there() -> None:
    known = set(re.findall(r"(--[\w-]+):", CSS))
    assert set(re.findall(r"var\((--[\w-]+)\)", CSS + DESK)) <= known
