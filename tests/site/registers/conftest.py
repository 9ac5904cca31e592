from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django_scopes import scopes_disabled

if TYPE_CHECKING:  # models can be loaded only once Django is set up
    from huzhu.apps.unions.models import User
    from tests.site.cast import Cast


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Any) -> Path:
    """Files of the site, apart for each test."""
    settings.HUZHU_HOME = tmp_path / "home"
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture(autouse=True)
def _see_all() -> Iterator[None]:
    """Tests look at everything; pages and services open their own part."""
    with scopes_disabled():
        yield


@pytest.fixture
def officer(cast: Cast) -> User:
    """Of the east district."""
    return cast.officer("district_officer", at="east")
