"""What is run against what: the command of each job, in one place, and the columns in which a peer must equal Huzhu."""

from __future__ import annotations

from pathlib import Path

from bench.measure import Command, python

POLICY = "shanghai-gig-mutual-aid"
OVERLAY = {"enrol": (), "claims": ("--overlay", "demo")}
TITLES = {"enrol": "Eligibility (enrol)", "claims": "Claims with nested caps (overlay demo)"}

HUZHU, BY_HAND, FLOOR, OPENFISCA = "Huzhu", "DuckDB by hand", "floor: read and write alone", "OpenFisca-Core"
ZEN_BATCH, ZEN_SINGLE = "zen-engine, batches", "zen-engine, a call a row"

MUST_EQUAL = {
    "enrol": ("outcome", "reasons", "missing", "not_tested", "since", "until", "premium_fen"),
    # `limited_by` apart: once a wider limit is used up, telescoping windows no longer know whether an inner one bound too.
    "claims": ("outcome", "reasons", "missing", "not_tested", "assessed_fen", "payable_fen", "illustrative"),
}
ZEN_EQUALS = {
    "enrol": MUST_EQUAL["enrol"],
    "claims": ("outcome", "reasons", "missing", "payable_fen"),
}


def huzhu(kind: str, source: Path, output: Path) -> Command:
    """As anybody would run it: the whole command, with its checks of the input and its summary."""
    return python("huzhu", "policy", "run", f"{POLICY}/{kind}", source, "-o", output, *OVERLAY[kind])


def by_hand(kind: str, source: Path, output: Path) -> Command:
    return python("bench.peers_duckdb", kind, source, output)


def floor(decided: Path, output: Path) -> Command:
    """Copies what Huzhu wrote: the same columns read and written, with no rule in between."""
    return python("bench.peers_duckdb", "floor", decided, output)


def openfisca(kind: str, source: Path, output: Path) -> Command:
    return python("bench.peers_openfisca" if kind == "enrol" else "bench.peers_openfisca_claims", source, output)


def zen(kind: str, way: str, source: Path, output: Path) -> Command:
    return python("bench.peers_zen", kind, way, source, output)
