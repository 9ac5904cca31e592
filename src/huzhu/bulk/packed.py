"""Several small numbers of a row in a few whole numbers, so that what was found of it waits in little room until it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

WORD_BITS = 62  # a shift beyond would reach the sign


@dataclass(frozen=True, slots=True)
class Packed:
    """Where each field lies: in which word, from which bit on, and how many bits wide it is."""

    places: Mapping[str, tuple[int, int, int]]

    @classmethod
    def of(cls, widths: Mapping[str, int]) -> Packed:
        """Fields in the order given, each in the word before it where there is room."""
        places = {}
        word = start = 0
        for name, width in widths.items():
            if start + width > WORD_BITS:
                word, start = word + 1, 0
            places[name] = (word, start, width)
            start += width
        return cls(places)

    def words(self, values: Mapping[str, str]) -> dict[str, str]:
        """SQL of each word by its name, from SQL of the fields' values: numbers of 0 and up, or what casts to them."""
        parts: dict[str, list[str]] = {}
        for name, (word, start, width) in self.places.items():
            if width:
                parts.setdefault(f"__word{word}", []).append(f"(CAST({values[name]} AS BIGINT) << {start})")
        return {word: " + ".join(shifted) for word, shifted in parts.items()}

    def field(self, name: str, source: str) -> str:
        """SQL of a field, from the words as columns of `source`."""
        word, start, width = self.places[name]
        return f"(({source}.__word{word} >> {start}) & {(1 << width) - 1})" if width else "0"
