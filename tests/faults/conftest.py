"""Faults of the site's database need what the site's tests need."""

from __future__ import annotations

from tests.site.conftest import _emptied_between_tests, cast

__all__ = ["_emptied_between_tests", "cast"]
