"""Identity numbers for invented people: area codes starting with 00, which no place has, and the check character of
GB 11643-1999, so that software which checks numbers can be tried without anybody's real number."""

from __future__ import annotations

from datetime import date

INVENTED_REGION = "00"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHARACTERS = "10X98765432"


def check_character(*, first_17: str) -> str:
    """The last character that GB 11643-1999 gives to the first seventeen digits."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first_17, strict=True))
    return _CHARACTERS[total % 11]


def identity_number(*, county: int, birth_date: date, sequence: int) -> str:
    """An 18-character number that belongs to nobody. `county` is 0 to 9999; `sequence` 0 to 999, odd for men."""
    first_17 = f"{INVENTED_REGION}{county:04d}{birth_date:%Y%m%d}{sequence:03d}"
    return first_17 + check_character(first_17=first_17)


def has_valid_check_character(*, number: str) -> bool:
    return (
        len(number) == 18
        and number[:17].isascii()
        and number[:17].isdecimal()
        and number[17] == check_character(first_17=number[:17])
    )
