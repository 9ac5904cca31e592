from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest
from stdnum.cn import ric

from huzhu.apps.members.identity import (
    FAULTS,
    Fault,
    Identity,
    age_on,
    masked_identity,
    masked_phone,
    read_identity,
    read_phone,
)
from tests.site.rosters.broken import made_up_number, with_check

ON = date(2026, 11, 1)
# The example of GB 11643-1999 itself.
STANDARD = "11010519491231002X"


def code_of(text: str, *, on: date = ON, oldest: int | None = None) -> str:
    found = read_identity(text=text, on=on, oldest=oldest)
    return found.code if isinstance(found, Fault) else "fine"


def valid(rng: Random) -> str:
    regions = ("11", "15", "31", "37", "46", "50", "54", "65", "71", "82", "83")
    return made_up_number(rng, region=rng.choice(regions))


def test_the_number_of_the_standard_is_read() -> None:
    found = read_identity(text=STANDARD, on=ON)
    assert isinstance(found, Identity)
    assert (found.number, found.birth_date, found.sex) == (STANDARD, date(1949, 12, 31), "female")


@pytest.mark.parametrize(
    "text",
    [
        "11010519491231002x",
        " 110105 19491231 002X ",
        "\u3000110105\u00a019491231\t002X",
        "１１０１０５１９４９１２３１００２Ｘ",
        "１１０１０５１９４９１２３１００２ｘ",
        "'11010519491231002X",
    ],
)
def test_what_was_plainly_meant_is_mended(text: str) -> None:
    found = read_identity(text=text, on=ON)
    assert isinstance(found, Identity)
    assert found.number == STANDARD


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "identity_missing"),
        ("　", "identity_missing"),
        ("110105491231002", "identity_15_digits"),
        ("1.10105E+17", "identity_scientific"),
        ("1.10105e+17", "identity_scientific"),
        ("110105194912310000", "identity_rounded"),
        ("1101051949123100", "identity_length"),
        ("11010519491231002XX", "identity_length"),
        ("1101051949123100 Х", "identity_characters"),  # the Cyrillic letter
        ("11010519491231002×", "identity_characters"),
        ("١١٠١٠٥١٩٤٩١٢٣١٠٠٢X", "identity_characters"),
        ("110105********002X", "identity_masked"),
        ("13812345678", "identity_is_phone"),
        ("110105194912310021", "identity_check_digit"),
        (with_check("10010119900101123"), "identity_region"),
        (with_check("00010119900101123"), "identity_made_up"),
        (with_check("11010119900230123"), "identity_date"),
        (with_check("11010119000229123"), "identity_date"),
        (with_check("11010119900001123"), "identity_date"),
        ("110105304912310024", "identity_future"),  # what the library for such numbers passes
    ],
)
def test_what_is_wrong_has_a_code_and_a_way_to_mend_it(text: str, code: str) -> None:
    assert code_of(text) == code


def test_a_made_up_number_passes_only_where_it_may() -> None:
    number = with_check("00010119900101123")
    found = read_identity(text=number, on=ON, made_up=True)
    assert isinstance(found, Identity)
    assert found.is_made_up
    assert code_of(number) == "identity_made_up"


def test_the_sixteenth_birthday_is_the_first_day() -> None:
    number = with_check("31011520101101123")
    assert code_of(number, on=date(2026, 10, 31)) == "identity_too_young"
    assert code_of(number, on=date(2026, 11, 1)) == "fine"


def test_the_bounds_are_completed_years() -> None:
    number = with_check("31011519661102123")
    assert code_of(number, on=date(2026, 11, 1), oldest=59) == "fine"
    assert code_of(number, on=date(2026, 11, 2), oldest=59) == "identity_too_old"


def test_who_was_born_on_a_leap_day_is_older_on_1_march() -> None:
    assert age_on(birth_date=date(2008, 2, 29), on=date(2026, 2, 28)) == 17
    assert age_on(birth_date=date(2008, 2, 29), on=date(2026, 3, 1)) == 18


def test_a_hundred_thousand_valid_numbers_are_all_read() -> None:
    rng = Random(1)
    refused = [number for number in (valid(rng) for _ in range(100_000)) if code_of(number) != "fine"]
    assert refused == []


def test_a_hundred_thousand_mutants_are_all_refused() -> None:
    """One digit changed, or two neighbours swapped: the check character catches every one."""
    rng = Random(2)
    passed = 0
    for _ in range(100_000):
        number = valid(rng)
        at = rng.randrange(17)
        if rng.random() < 0.5:
            other = rng.choice([digit for digit in "0123456789" if digit != number[at]])
            mutant = number[:at] + other + number[at + 1 :]
        else:
            at = rng.randrange(16)
            mutant = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
        passed += mutant != number and code_of(mutant) == "fine"
    assert passed == 0


def test_the_check_character_agrees_with_another_program() -> None:
    rng = Random(3)
    for _ in range(2_000):
        number = valid(rng)
        assert ric.calc_check_digit(number[:-1] + "0") == number[-1]


def test_no_fault_and_no_repr_tells_the_number() -> None:
    found = read_identity(text=STANDARD, on=ON)
    assert "1949" not in repr(found)
    wrong = read_identity(text=STANDARD[:-1] + "1", on=ON)
    assert STANDARD[6:14] not in repr(wrong)
    assert all(fault.what.zh and fault.what.en and fault.fix.zh and fault.fix.en for fault in FAULTS.values())


def test_dates_on_every_day_of_four_years_are_read() -> None:
    day = date(1999, 1, 1)
    while day < date(2003, 1, 1):
        found = read_identity(text=with_check(f"310101{day:%Y%m%d}123"), on=ON)
        assert isinstance(found, Identity)
        assert found.birth_date == day
        day += timedelta(days=1)


@pytest.mark.parametrize(
    "text",
    ["13812345678", "138 1234 5678", "138-1234-5678", "+86 138 1234 5678", "8613812345678", "008613812345678",
     "１３８１２３４５６７８", "(+86)13812345678", "'13812345678"],
)  # fmt: skip
def test_a_phone_number_is_read_as_people_write_it(text: str) -> None:
    assert read_phone(text=text) == "13812345678"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "phone_missing"),
        ("12812345678", "phone_range"),
        ("10012345678", "phone_range"),
        ("1381234567", "phone_length"),
        ("138123456789", "phone_length"),
        ("021-63210000", "phone_landline"),
        ("63210000", "phone_landline"),
        ("13812345678/13912345678", "phone_characters"),
        ("138****5678", "phone_masked"),
        ("1.38E+10", "phone_scientific"),
        (STANDARD, "phone_is_identity"),
        ("+1 212 555 01000", "phone_characters"),
    ],
)
def test_what_is_no_mobile_number_is_refused(text: str, code: str) -> None:
    found = read_phone(text=text)
    assert isinstance(found, Fault)
    assert found.code == code


def test_a_made_up_phone_passes_only_where_it_may() -> None:
    assert read_phone(text="10000000001", made_up=True) == "10000000001"


def test_masks_hide_all_but_what_tells_people_apart() -> None:
    assert masked_identity(number=STANDARD) == "1****************X"
    assert masked_phone(phone="13812345678") == "138****5678"
    assert (masked_identity(number=""), masked_phone(phone="123")) == ("", "***")
