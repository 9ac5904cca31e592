from __future__ import annotations

import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from huzhu.bulk import charts
from huzhu.bulk.report import write_report
from huzhu.rules.texts import Lang, Text

SVG = "{http://www.w3.org/2000/svg}"
CSS = (Path(charts.__file__).parent / "report.css").read_text(encoding="utf-8")
LISTS = pa.list_(pa.string())
LABELS = {
    "age_60_or_over": Text(zh="年满60周岁", en="Aged 60 or over"),
    "hospital_allowance": Text(zh="住院补助金", en="Hospital allowance"),
    "accident_limit": Text(zh="意外合计上限", en="Shared accident limit"),
}
CODES = dict.fromkeys(("reasons", "missing", "not_tested"), LISTS)
ENROL = pa.schema(
    {"outcome": pa.string(), **CODES, "since": pa.date32(), "until": pa.date32(), "premium_fen": pa.int64()}
)
CLAIMS = pa.schema(
    dict.fromkeys(("cover_id", "benefit", "district", "outcome"), pa.string())
    | CODES
    | dict.fromkeys(("assessed_fen", "payable_fen"), pa.int64())
    | {"limited_by": LISTS, "illustrative": pa.bool_()}
)
Row = dict[str, Any]
Table = dict[str, list[str]]


def application(outcome: str, **changes: Any) -> Row:
    row: Row = {"outcome": outcome, "reasons": [], "missing": [], "not_tested": ["under_min_age"]}
    if outcome == "granted":
        row |= {"since": date(2024, 1, 2), "until": date(2025, 1, 2), "premium_fen": 7_200}
    return row | changes


def claim(outcome: str, benefit: str, **changes: Any) -> Row:
    row: Row = {"cover_id": "V1", "benefit": benefit, "district": "浦东新区", "outcome": outcome, "reasons": []}
    row |= {"missing": [], "not_tested": [], "assessed_fen": None, "payable_fen": None, "limited_by": []}
    return row | {"illustrative": False} | changes


APPLICATIONS = [
    application("granted"),
    application("granted"),
    application("granted"),
    application("refused", reasons=["age_60_or_over"]),
    application("refused", reasons=["age_60_or_over", "unpaid"]),
    application("undetermined", missing=["paid", "union_member"]),
    application("undetermined", missing=["paid"]),
]
LIMIT = ["accident_limit"]
EVENTS = [
    claim("settled", "injury_consolation", payable_fen=50_000),
    claim("granted", "injury_consolation", assessed_fen=50_000, payable_fen=50_000),
    claim("granted", "hospital_allowance", assessed_fen=180_001, payable_fen=180_001, illustrative=True),
    # Two claims under one limit: the first is cut by 400,000.00 yuan, nothing is left for the second.
    claim(
        "granted", "death_accident", cover_id="V2", district="崇明区", assessed_fen=50_000_000, payable_fen=10_000_000,
        limited_by=[*LIMIT, "overall_limit"], illustrative=True,
    ),
    claim(
        "refused", "disability_accident", cover_id="V2", district="崇明区", assessed_fen=5_000_000, payable_fen=0,
        reasons=["cap_exhausted"], limited_by=LIMIT, illustrative=True,
    ),
    # Refused by a test: its amount is known but never came to the caps, and is no one's money.
    claim("refused", "hospital_allowance", assessed_fen=30_000, payable_fen=0, reasons=["outside_cover"]),
    claim("undetermined", "hospital_allowance", district=None, missing=["hospital_days"], not_tested=["filed_late"]),
    claim("undetermined", "critical_illness", district=None, missing=["parameter:critical_illness_amount"]),
]  # fmt: skip


class Reader(HTMLParser):
    """The tables of a page by their captions, as rows of text by row heading, and all elements with attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: list[tuple[str, Table]] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.cells: list[str] = []
        self.inside: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "table":
            self.tables.append(("", {}))
        if tag == "tr":
            self.cells = []
        if tag in ("th", "td", "caption"):
            self.inside = tag
            self.cells.append("")
        if tag == "code":
            self.inside = None

    def handle_endtag(self, tag: str) -> None:
        if tag == "caption":
            self.tables[-1] = (self.cells[-1], {})
        if tag in ("th", "td", "caption"):
            self.inside = None
        if tag == "tr":
            self.tables[-1][1][self.cells[0]] = self.cells[1:]

    def handle_data(self, data: str) -> None:
        if self.inside is not None:
            self.cells[-1] += data

    def table(self, caption: str, nth: int = 0) -> Table:
        return [table for title, table in self.tables if title == caption][nth]


def report(
    folder: Path,
    *,
    applications: list[Row] = APPLICATIONS,
    events: list[Row] = EVENTS,
    lang: Lang = "en",
    schema: pa.Schema = CLAIMS,
) -> str:
    enrol, claims, path = folder / "enrol.parquet", folder / "claims.parquet", folder / "report.html"
    pq.write_table(pa.Table.from_pylist(applications, schema=ENROL), enrol)
    pq.write_table(pa.Table.from_pylist(events, schema=schema), claims)
    versions = {"plan/enrol": "aaaa1111", "plan/claims": "bbbb2222"}
    write_report(
        enrol=enrol, claims=claims, path=path, lang=lang, policy_versions=versions, overlay="demo", labels=LABELS
    )
    return path.read_text(encoding="utf-8")


def test_outcomes_of_the_applications_with_shares_and_premiums(tmp_path: Path) -> None:
    assert Reader(report(tmp_path)).table("Outcomes of the applications") == {
        "Outcome": ["Applications", "Share", "Premiums (yuan)"],
        "Granted": ["3", "42.9 %", "216.00"],
        "Refused": ["2", "28.6 %", "0.00"],
        "Undetermined": ["2", "28.6 %", "0.00"],
        "Total": ["7", "100.0 %", "216.00"],
    }


def test_reasons_count_the_rows_that_carry_them_and_those_that_carry_nothing_else(tmp_path: Path) -> None:
    page = Reader(report(tmp_path))
    assert page.table("Refused: conditions not met") == {
        "Condition not met": ["Applications", "This alone"],
        "Aged 60 or over": ["2", "1"],
        "unpaid": ["1", "0"],
    }
    assert page.table("Refused: conditions not met", nth=1) == {
        "Condition not met": ["Claims", "This alone"],
        "cap_exhausted": ["1", "1"],
        "outside_cover": ["1", "1"],
    }


def test_what_is_missing_and_what_was_not_tested(tmp_path: Path) -> None:
    page = Reader(report(tmp_path))
    missing = "Undetermined for want of"
    assert page.table(missing) == {
        "Missing value": ["Applications", "This alone"],
        "paid": ["2", "1"],
        "union_member": ["1", "0"],
    }
    assert page.table(missing, nth=1) == {
        "Missing value": ["Claims", "This alone"],
        "hospital_days": ["1", "1"],
        "parameter:critical_illness_amount": ["1", "1"],
    }
    assert page.table("Restrictions that were not tested")["under_min_age"] == ["7"]
    assert page.table("Restrictions that were not tested", nth=1)["filed_late"] == ["1"]


def test_outcomes_of_the_claims_to_the_fen(tmp_path: Path) -> None:
    assert Reader(report(tmp_path)).table("Outcomes of the claims") == {
        "Outcome": ["Claims", "Share", "Payable (yuan)"],
        "Granted": ["3", "37.5 %", "102,300.01"],
        "Settled before": ["1", "12.5 %", "500.00"],
        "Refused": ["2", "25.0 %", "0.00"],
        "Undetermined": ["2", "25.0 %", "0.00"],
        "Total": ["8", "100.0 %", "102,800.01"],
    }


def test_money_by_benefit_keeps_what_was_settled_before_apart(tmp_path: Path) -> None:
    assert Reader(report(tmp_path)).table("Money by benefit") == {
        "Benefit": [
            *("Claims", "Assessed (yuan)", "Payable now (yuan)", "Settled before (yuan)", "Payable in all (yuan)"),
        ],
        "death_accident": ["1", "500,000.00", "100,000.00", "0.00", "100,000.00"],
        "Hospital allowance": ["3", "1,800.01", "1,800.01", "0.00", "1,800.01"],
        "injury_consolation": ["2", "500.00", "500.00", "500.00", "1,000.00"],
        "critical_illness": ["1", "0.00", "0.00", "0.00", "0.00"],
        "disability_accident": ["1", "50,000.00", "0.00", "0.00", "0.00"],
        "Total": ["8", "552,300.01", "102,300.01", "500.00", "102,800.01"],
    }


def test_a_cut_stands_with_each_cap_that_bound_and_once_in_the_total(tmp_path: Path) -> None:
    """552,300.01 assessed less 102,300.01 payable now is what the caps cut: 450,000.00."""
    assert Reader(report(tmp_path)).table("Caps that bound") == {
        "Cap": ["Claims", "Covers", "Nothing left", "Cut (yuan)"],
        "Shared accident limit": ["2", "1", "1", "450,000.00"],
        "overall_limit": ["1", "1", "0", "400,000.00"],
        "Total": ["2", "1", "1", "450,000.00"],
    }


def test_payable_by_district_where_the_file_names_one(tmp_path: Path) -> None:
    assert Reader(report(tmp_path)).table("Payable by district") == {
        "District": ["Claims", "Payable (yuan)"],
        "崇明区": ["2", "100,000.00"],
        "浦东新区": ["4", "2,800.01"],
        "not given": ["2", "0.00"],
        "Total": ["8", "102,800.01"],
    }
    without = report(tmp_path, schema=CLAIMS.remove(CLAIMS.get_field_index("district")))
    assert "Payable by district" not in without


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "3 of 8 claims rest on illustrative values: 2 granted, 101,800.01 yuan payable; 1 refused."),
        ("zh", "8 件互助金申请中有 3 件用到了示例数值：其中通过 2 件，应付 101,800.01 元；不通过 1 件。"),
    ],
)
def test_the_banner_says_what_rests_on_illustrative_values(tmp_path: Path, lang: Lang, said: str) -> None:
    html = report(tmp_path, lang=lang)
    assert said in html
    assert ("Illustrative values, never published" if lang == "en" else "示例数值，未经公布") in html


def test_no_banner_where_only_published_values_were_read(tmp_path: Path) -> None:
    assert 'class="banner"' not in report(tmp_path, events=[event for event in EVENTS if not event["illustrative"]])


def test_the_page_is_in_the_language_asked_for(tmp_path: Path) -> None:
    english, chinese = report(tmp_path), report(tmp_path, lang="zh")
    assert '<html lang="en">' in english
    assert '<html lang="zh-CN">' in chinese
    assert Reader(chinese).table("各项互助金")["住院补助金"][1] == "1,800.01"
    words = re.sub(r"<style>.*?</style>|<svg.*?</svg>", "", english, flags=re.DOTALL)
    assert re.findall("[\u4e00-\u9fff]+", words) == ["崇明区", "浦东新区"]


def test_the_versions_and_the_overlay_are_named(tmp_path: Path) -> None:
    html = report(tmp_path)
    assert all(f"<code>{value}</code>" in html for value in ("aaaa1111", "bbbb2222", "demo"))


def test_the_page_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    html = report(tmp_path)
    assert set(re.findall(r"https?://[^\"' ]+", html)) == {"http://www.w3.org/2000/svg"}
    tags = {tag for tag, _ in Reader(html).elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "use"}
    assert "@import" not in html
    assert "url(" not in html


def test_words_from_the_files_cannot_become_markup(tmp_path: Path) -> None:
    events = [claim("granted", '<b>"x"', district="<script>&", assessed_fen=1, payable_fen=1)]
    page = Reader(report(tmp_path, events=events))
    assert page.table("Payable by district")["<script>&"] == ["1", "0.01"]
    assert page.table("Money by benefit")['<b>"x"'][0] == "1"
    assert not {tag for tag, _ in page.elements} & {"script", "b"}


def test_empty_files_give_a_page_that_says_so(tmp_path: Path) -> None:
    html = report(tmp_path, applications=[], events=[])
    assert html.count("None.") == 11
    assert "<svg" not in html


def test_headings_of_tables_are_scoped_and_charts_are_told_in_words(tmp_path: Path) -> None:
    page = Reader(report(tmp_path))
    assert {attributes.get("scope") for tag, attributes in page.elements if tag == "th"} == {"col", "row"}
    told = [attributes for tag, attributes in page.elements if tag == "svg"]
    assert len(told) == 9
    assert all(one["role"] == "img" for one in told)
    assert told[0]["aria-label"] == "Outcomes of the applications (Applications): Granted 3; Refused 2; Undetermined 2"


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("front", "back", "least"),
    [
        ("ink", "paper", 7),
        ("soft", "paper", 4.5),
        ("accent", "paper", 4.5),
        ("quiet", "paper", 3),
        ("paper", "accent", 4.5),
    ],
)
def test_colours_differ_enough_to_be_read(front: str, back: str, least: float) -> None:
    named = dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", CSS))
    lighter, darker = sorted((_luminance(named[front]), _luminance(named[back])), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= least


def test_charts_and_page_share_their_colours() -> None:
    named = dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", CSS))
    assert (named["paper"], named["ink"]) == (charts.PAPER, charts.INK)
    assert (named["accent"], named["quiet"]) == (charts.ACCENT, charts.QUIET)


def _drawn(svg: str) -> tuple[list[str], list[tuple[int, int, str]]]:
    """The texts of a chart, and its bars as (from, width, colour)."""
    root = ElementTree.fromstring(svg)
    bars = [
        (int(found[1]), int(found[2]), path.attrib["fill"])
        for path in root.iter(f"{SVG}path")
        if "fill" in path.attrib and (found := re.match(r"M(\d+),[\d.]+h(\d+)v", path.attrib["d"]))
    ]
    return [text.text or "" for text in root.iter(f"{SVG}text")], bars


def test_bars_are_as_long_as_their_figures_and_a_little_is_not_nothing() -> None:
    rows = [
        charts.Row("住院", (charts.Mark(1_000_000, "1,000,000", quiet=True), charts.Mark(500_000, "500,000"))),
        charts.Row("Other", (charts.Mark(1, "1"), charts.Mark(0, "0"))),
    ]
    texts, drawn = _drawn(charts.bars(rows=rows, alternative="two"))
    assert sorted(texts) == sorted(["住院", "1,000,000", "500,000", "Other", "1", "0"])
    longest = drawn[0][1]
    assert drawn == [
        (0, longest, charts.QUIET),
        (0, longest // 2, charts.ACCENT),
        (0, 1, charts.ACCENT),
        (0, 0, charts.ACCENT),
    ]
    assert 250 < longest < charts.WIDTH


def test_a_chart_scales_with_the_page_and_a_long_label_is_cut() -> None:
    svg = charts.bars(rows=[charts.Row("长" * 40, (charts.Mark(3, "3"),))], alternative='say "<3>"')
    root = ElementTree.fromstring(svg)
    assert (root.attrib["width"], root.attrib["viewBox"]) == ("100%", "0 0 360 44")
    assert "height" not in root.attrib
    assert root.attrib["aria-label"] == 'say "<3>"'
    assert _drawn(svg)[0][0] == "长" * 26 + "…"


def test_losers_stand_to_the_left_of_the_line_and_gainers_to_the_right() -> None:
    changes = [charts.Change("浦东新区", 10, 20, "−10", "+20"), charts.Change("崇明区", 0, 5, "0", "+5")]
    texts, drawn = _drawn(charts.compare(changes=changes, loses="减少", gains="增加", alternative="谁增谁减"))
    assert {"← 减少", "增加 →", "浦东新区", "−10", "+20", "崇明区", "0", "+5"} == set(texts)
    left, right, none, little = drawn
    assert (left[0] + left[1], right[0], none[1], little[0]) == (180, 180, 0, 180)
    assert (left[1], little[1]) == (right[1] // 2, right[1] // 4)
    assert (left[2], right[2]) == (charts.QUIET, charts.ACCENT)
