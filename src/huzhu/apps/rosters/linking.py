"""Finds who in one list is probably who in another where neither an identity number nor a phone says so: Splink on
DuckDB over name, employer, region, platform and year of birth. It proposes pairs with reasons; people decide.

Every probability of the model stands here and none is learnt from the files, so that the same two lists give the same
pairs on any day and an officer can be told why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from huzhu.apps.members.names import same_person_key
from huzhu.rules.texts import Text

if TYPE_CHECKING:
    import duckdb

DOUBTFUL_FROM = 0.05  # below it a pair is not worth an officer's minute
SURE_FROM = 0.999
# Of the people on a roster without numbers, how many are on the other list at all, before anything is compared.
SHARE_FOUND = 0.5
RECORDS_AT_MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of one person; `None` or nothing where it is not. `id` is the caller's, one of its list."""

    id: int
    name: str = field(repr=False)
    organisation: str | None = None
    region: str | None = None
    platform: str | None = None
    birth_year: int | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records that may be one person. `reasons` are the comparisons in words, in the order of the model; `rivals`
    is how many other pairs either of the two stands in."""

    left: int
    right: int
    probability: float
    reasons: tuple[Text, ...]
    rivals: int

    @property
    def is_sure(self) -> bool:
        """Whether it may be accepted without a person, where an organisation has resolved so: sure, the only one, and of
        the same name, because a probability is no reason to give one person's record to somebody of another name."""
        return self.probability >= SURE_FROM and self.rivals == 0 and self.reasons[0] == MODEL["name"][0].said


@dataclass(frozen=True, slots=True)
class Level:
    """One outcome of a comparison. `m` is how often it is seen when two records are one person, `u` when not."""

    sql: str
    m: float
    u: float
    said: Text


# The `m` come from what rosters are wrong about: a name is retyped wrongly in some 3 of 100 rows, a station is written
# in its own way in a third, riders move district within a year (a tenth) and work for two platforms (a seventh). The
# `u` of names is that of a common full name (1 in 2,000; Splink then weighs each name by its own frequency); of the
# others, that of a large city's lists: some 60 stations, 16 districts with the greatest holding a fifth of all, three
# platforms that matter, and 35 years of birth.
MODEL: dict[str, tuple[Level, ...]] = {
    "name": (
        Level(
            "name_l = name_r",
            0.94,
            0.0005,
            Text("姓名相同", "the same name"),
        ),
        Level(
            "length(name_l) >= 3 AND length(name_r) >= 3 AND levenshtein(name_l, name_r) <= 1",
            0.04,
            0.004,
            Text("姓名差一个字", "names that differ in one character"),
        ),
        Level("ELSE", 0.02, 0.9955, Text("姓名不同", "different names")),
    ),
    "organisation": (
        Level(
            "organisation_l = organisation_r",
            0.6,
            0.02,
            Text("单位相同", "the same employer or station"),
        ),
        Level(
            "contains(organisation_l, organisation_r) OR contains(organisation_r, organisation_l) "
            "OR jaro_winkler_similarity(organisation_l, organisation_r) >= 0.85",
            0.22,
            0.03,
            Text("单位相近", "employers or stations written alike"),
        ),
        Level("ELSE", 0.18, 0.95, Text("单位不同", "different employers or stations")),
    ),
    "region": (
        Level("region_l = region_r", 0.88, 0.1, Text("工作区域相同", "the same region of work")),
        Level(
            "left(region_l, 4) = left(region_r, 4)",
            0.09,
            0.6,
            Text("同市不同区", "another district of the same city"),
        ),
        Level("ELSE", 0.03, 0.3, Text("工作区域不同", "different cities")),
    ),
    "platform": (
        Level("platform_l = platform_r", 0.86, 0.35, Text("平台相同", "the same platform")),
        Level("ELSE", 0.14, 0.65, Text("平台不同", "different platforms")),
    ),
    "birth_year": (
        Level("birth_year_l = birth_year_r", 0.97, 0.03, Text("出生年份相同", "the same year of birth")),
        Level(
            "abs(birth_year_l - birth_year_r) = 1",
            0.02,
            0.06,
            Text("出生年份差一年", "years of birth one apart"),
        ),
        Level("ELSE", 0.01, 0.91, Text("出生年份不同", "different years of birth")),
    ),
}
NOT_KNOWN = {
    "organisation": Text("单位不详", "employer not known"),
    "region": Text("工作区域不详", "region not known"),
    "platform": Text("平台不详", "platform not known"),
    "birth_year": Text("出生年份不详", "year of birth not known"),
    "name": Text("姓名不详", "name not known"),
}
# Pairs are compared only where one of these holds; all pairs of two large lists would be too many.
BLOCKS = (
    "l.name = r.name",
    "l.region = r.region AND l.platform = r.platform AND left(l.name, 1) = left(r.name, 1)",
)


def link(*, left: Iterable[Record], right: Iterable[Record], doubtful_from: float = DOUBTFUL_FROM) -> list[Pair]:
    """The pairs from `doubtful_from` on, the most probable first; the same for the same records in any order.

    Works in memory, writes no file, opens no connection, prints nothing. Splink takes a second to load."""
    lists = [_columns(records) for records in (left, right)]
    if not lists[0]["unique_id"] or not lists[1]["unique_id"]:
        return []
    import duckdb

    with duckdb.connect(":memory:", config={"threads": 2, "memory_limit": "1GB", "temp_directory": ""}) as con:
        rows = _predicted(con, lists, doubtful_from)
    pairs_of: Counter[tuple[str, int]] = Counter()
    for row in rows:
        pairs_of["left", row[0]] += 1
        pairs_of["right", row[1]] += 1
    return [
        Pair(
            one,
            other,
            round(probability, 6),
            _reasons(gammas),
            pairs_of["left", one] + pairs_of["right", other] - 2,
        )
        for one, other, probability, *gammas in rows
    ]


def _columns(records: Iterable[Record]) -> dict[str, list[Any]]:
    ordered = sorted(records, key=lambda record: record.id)
    ids = [record.id for record in ordered]
    if len(set(ids)) != len(ids):
        raise ValueError("an id stands for two records of one list")
    if len(ids) > RECORDS_AT_MOST:
        raise ValueError(f"at most {RECORDS_AT_MOST} records a list")
    return {
        "unique_id": ids,
        "name": [same_person_key(name=record.name) or None for record in ordered],
        "organisation": [same_person_key(name=record.organisation or "") or None for record in ordered],
        "region": [record.region or None for record in ordered],
        "platform": [same_person_key(name=record.platform or "") or None for record in ordered],
        "birth_year": [record.birth_year for record in ordered],
    }


def _predicted(con: duckdb.DuckDBPyConnection, lists: Sequence[dict[str, list[Any]]], least: float) -> list[Any]:
    """`(left id, right id, probability, a level for each comparison)`."""
    import pyarrow

    types = {"unique_id": pyarrow.int64(), "birth_year": pyarrow.int32()}
    tables = [
        pyarrow.table({name: pyarrow.array(values, types.get(name, pyarrow.string())) for name, values in one.items()})
        for one in lists
    ]
    from splink import DuckDBAPI, Linker

    database = DuckDBAPI(connection=con)
    frames = [
        database.register(table, dataset_display_name=name)
        for table, name in zip(tables, ("a_left", "b_right"), strict=True)
    ]
    settings = _settings(len(lists[1]["unique_id"]), len(lists[0]["unique_id"]))
    linker = Linker(frames, settings, log_level=None)
    predictions = linker.inference.predict(threshold_match_probability=least)
    gammas = ", ".join(f"gamma_{column}" for column in MODEL)
    return con.execute(
        f"SELECT unique_id_l, unique_id_r, match_probability, {gammas} FROM {predictions.physical_name} "
        "ORDER BY round(match_probability, 6) DESC, unique_id_l, unique_id_r"
    ).fetchall()


def _settings(right: int, left: int) -> dict[str, Any]:
    return {
        "link_type": "link_only",
        "probability_two_random_records_match": min(0.5, SHARE_FOUND / max(left, right)),
        "blocking_rules_to_generate_predictions": [{"blocking_rule": rule, "sql_dialect": "duckdb"} for rule in BLOCKS],
        "comparisons": [_comparison(column, levels) for column, levels in MODEL.items()],
        "retain_intermediate_calculation_columns": False,
        "retain_matching_columns": True,
        "linker_uid": "huzhu",
    }


def _comparison(column: str, levels: Sequence[Level]) -> dict[str, Any]:
    missing = {
        "sql_condition": f"{column}_l IS NULL OR {column}_r IS NULL",
        "label_for_charts": "missing",
        "is_null_level": True,
    }
    said: list[dict[str, Any]] = [missing]
    for level in levels:
        one: dict[str, Any] = {
            "sql_condition": level.sql,
            "label_for_charts": level.said.en,
            "m_probability": level.m,
            "u_probability": level.u,
            "fix_m_probability": True,
            "fix_u_probability": True,
        }
        if level.sql == "name_l = name_r":  # a rare name says more than a common one, but never more than 1 in 100,000
            one |= {"tf_adjustment_column": "name", "tf_adjustment_weight": 1.0, "tf_minimum_u_value": 0.00001}
        said.append(one)
    return {"output_column_name": column, "comparison_levels": said}


def _reasons(gammas: Sequence[int]) -> tuple[Text, ...]:
    """Splink numbers levels from the last, which is 0; -1 is a value that is not known."""
    return tuple(
        NOT_KNOWN[column] if gamma < 0 else levels[len(levels) - 1 - gamma].said
        for (column, levels), gamma in zip(MODEL.items(), gammas, strict=True)
    )
