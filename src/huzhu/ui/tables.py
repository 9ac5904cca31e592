"""What a list is made of: columns, rows, pages and filters, with every address worked out so that templates only draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

from django.core.paginator import Page
from django.forms import Form
from django.http import QueryDict

from huzhu.ui.flow import Empty, Tone
from huzhu.ui.words import t

Kind = Literal["text", "name", "number", "money", "date", "moment", "state", "code"]
Query = QueryDict | Mapping[str, str]


def address(query: Query, **changes: Any) -> str:
    """The same address with some parameters changed; an empty value takes the parameter out."""
    pairs = query.lists() if isinstance(query, QueryDict) else [(key, [value]) for key, value in query.items()]
    kept = [(key, value) for key, values in pairs if key not in changes for value in values]
    return "?" + urlencode(kept + [(key, value) for key, value in changes.items() if value not in (None, "")])


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """`sort` is the field name that `?sort=` gets (`-name` for descending); empty where the list cannot be sorted by it."""

    label: str
    kind: Kind = "text"
    sort: str = ""

    @property
    def is_number(self) -> bool:
        return self.kind in {"number", "money"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """A value that needs more than its column's kind: a link, a second line, or the tone of a state."""

    value: Any
    url: str = ""
    note: str = ""
    tone: Tone = "plain"


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """`cells` in the order of the columns: bare values or `Cell`s. `label` names the row to a screen reader's checkbox."""

    id: str
    cells: Sequence[Any]
    url: str = ""
    label: str = ""
    is_chosen: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Act:
    """A button over the chosen rows; the form posts `act=value`."""

    value: str
    label: str
    is_grave: bool = False


@dataclass(frozen=True, kw_only=True)
class Table:
    """`key` is unique on the page. `total` is the number of rows that match the filter, when it is known."""

    key: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    query: Query = field(default_factory=dict)
    acts: Sequence[Act] = ()
    action: str = ""
    total: int | None = None
    hides_caption: bool = False
    empty: Empty | None = None

    @property
    def heads(self) -> list[dict[str, Any]]:
        sort = self.query.get("sort", "")
        heads = []
        for column in self.columns:
            order = (
                ""
                if not column.sort
                else {column.sort: "ascending", f"-{column.sort}": "descending"}.get(sort or "", "")
            )
            turned = f"-{column.sort}" if order == "ascending" else column.sort
            url = address(self.query, sort=turned, page="") if column.sort else ""
            heads.append({"column": column, "order": order, "url": url})
        return heads

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Each row with its cells beside their columns. The row's own address goes to its first cell."""
        lines = []
        for row in self.rows:
            if len(row.cells) != len(self.columns):
                raise ValueError(f"row {row.id} of {self.key}: {len(row.cells)} cells for {len(self.columns)} columns")
            cells = [cell if isinstance(cell, Cell) else Cell(value=cell) for cell in row.cells]
            pairs = [
                {
                    "column": column,
                    "cell": cell,
                    "url": cell.url or (row.url if place == 0 else ""),
                    "is_first": place == 0,
                }
                for place, (column, cell) in enumerate(zip(self.columns, cells, strict=True))
            ]
            lines.append({"row": row, "cells": pairs, "label": row.label or cells[0].value})
        return lines

    @property
    def has_more_than_shown(self) -> bool:
        return self.total is not None and self.total > len(self.rows)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pager:
    """Where a page stands in its list. Without a `total` (too dear to count) it only knows before and after."""

    first: int
    last: int
    total: int | None = None
    previous_url: str = ""
    next_url: str = ""
    pages: Sequence[tuple[str, str, bool]] = ()
    """Label, address (empty for a gap) and whether it is this page."""


def pager_of(*, page: Page[Any], query: Query) -> Pager:
    """The pager of a Django page, with `?page=`."""
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    return Pager(
        first=page.start_index(),
        last=page.end_index(),
        total=page.paginator.count,
        previous_url=address(query, page=page.previous_page_number()) if page.has_previous() else "",
        next_url=address(query, page=page.next_page_number()) if page.has_next() else "",
        pages=[(str(n), address(query, page=n) if isinstance(n, int) else "", n == page.number) for n in numbers],
    )


@dataclass(frozen=True, kw_only=True)
class Filters:
    """A GET form over a list. `saved` are views to come back to: address, label, whether it is this one."""

    form: Form
    query: Query = field(default_factory=dict)
    saved: Sequence[tuple[str, str, bool]] = ()
    save_url: str = ""
    label: str = t("筛选", "Filter")

    @property
    def chips(self) -> list[dict[str, str]]:
        """What is filtered now, each with the address that takes it away."""
        chips = []
        for name in self.form.fields:
            value = self.query.get(name)
            if value:
                bound = self.form[name]
                choices = dict(getattr(bound.field, "choices", ()) or ())
                shown = str(choices.get(value, value))
                chips.append(
                    {"label": str(bound.label), "value": shown, "url": address(self.query, **{name: "", "page": ""})}
                )
        return chips

    @property
    def cleared_url(self) -> str:
        return address(self.query, page="", **dict.fromkeys(self.form.fields, ""))

    @property
    def query_text(self) -> str:
        """What a saved view keeps: the filter and the order, without the page."""
        return address(self.query, page="")[1:]
