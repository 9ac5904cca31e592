"""The columns a run adds, and their types: the same whatever engine made them and whatever file they go into."""

from __future__ import annotations

import pyarrow as pa

from huzhu.rules.kinds import Kind
from huzhu.rules.program import Program

TYPES = {
    Kind.TEXT: pa.string(),
    Kind.CODES: pa.list_(pa.string()),
    Kind.DATE: pa.date32(),
    Kind.BOOL: pa.bool_(),
}


def result_kinds(program: Program) -> dict[str, Kind]:
    """The result columns, in order, and what they hold."""
    found = {"outcome": Kind.TEXT, "reasons": Kind.CODES, "missing": Kind.CODES, "not_tested": Kind.CODES}
    found |= {result.name: result.kind for result in program.results}
    if program.events:
        found |= {
            "assessed_fen": Kind.MONEY,
            "payable_fen": Kind.MONEY,
            "limited_by": Kind.CODES,
            "illustrative": Kind.BOOL,
        }
    elif any(value.illustrative for parameter in program.parameters.values() for value in parameter.values):
        found["illustrative"] = Kind.BOOL
    return found


def arrow_type(kind: Kind) -> pa.DataType:
    """DATE, INT64, string, bool or list<string>."""
    return TYPES.get(kind, pa.int64())


def arrow_schema(program: Program, schema: pa.Schema) -> pa.Schema:
    """A schema with the results' types as they are promised; a user's large strings become plain ones."""
    kinds = result_kinds(program)
    fields = []
    for field in schema:
        kind = arrow_type(kinds[field.name]) if field.name in kinds else field.type
        if field.name not in kinds and pa.types.is_large_string(kind):
            kind = pa.string()
        fields.append(pa.field(field.name, kind))
    return pa.schema(fields)
