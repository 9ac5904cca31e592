"""Mobile numbers as people write them."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from huzhu.apps.unions.fields import PhoneField


@pytest.mark.parametrize("text", ["139 1234 5678", "+86 139-1234-5678", "１３９１２３４５６７８", "008613912345678"])
def test_one_number_however_it_is_written(text: str) -> None:
    assert PhoneField().clean(text) == "13912345678"


@pytest.mark.parametrize("text", ["1391234567", "12912345678", "139123456789", "021-12345678"])
def test_what_is_no_mobile_number_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        PhoneField().clean(text)


@pytest.mark.parametrize("is_made_up", [True, False])
def test_numbers_nobody_has_are_for_made_up_people_alone(settings: Any, is_made_up: bool) -> None:
    settings.HUZHU_MADE_UP_PEOPLE = is_made_up
    if is_made_up:
        assert PhoneField().clean("10000000007") == "10000000007"
    else:
        with pytest.raises(ValidationError):
            PhoneField().clean("10000000007")
