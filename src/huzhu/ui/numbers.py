"""What looks like an identity number or a phone number in a text, and the text without it. Pure."""

from __future__ import annotations

import re

# Digits of every script; a number may be spaced as people write it. A fraction's digits are nobody's number.
_ALONE, _OVER = r"(?<!\d)(?<!\d\.)", r"(?!\d)"
IDENTITY = re.compile(rf"{_ALONE}(?:\d{{6}}[ -]?\d{{8}}[ -]?\d{{3}}[\dXxＸｘ]|\d{{15}}){_OVER}")
PHONE = re.compile(rf"{_ALONE}(?:\+?86[ -]?)?[1１][3-9３-９]\d[ -]?\d{{4}}[ -]?\d{{4}}{_OVER}")


def without_numbers(text: str) -> str:
    """The text with a word in the place of each identity number and phone number."""
    return PHONE.sub("[phone]", IDENTITY.sub("[identity number]", text))


def rider_number(text: str) -> str:
    """A rider's number as it may be kept; "" where it is the rider's phone or identity number, which are kept sealed."""
    return text if without_numbers(text) == text else ""
