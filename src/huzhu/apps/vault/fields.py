"""Fields of models that hold what must not be readable where it lies: sealed to table, column and row, found by a keyed index."""

from __future__ import annotations

from functools import lru_cache
from operator import attrgetter
from typing import Any

from django.conf import settings
from django.db import models

from huzhu.apps.vault.ciphers import Ring


@lru_cache(maxsize=4)
def _ring(keys: str, index_key: str) -> Ring:
    return Ring.of(keys, index_key)


def ring() -> Ring:
    """The keys of this site."""
    return _ring(settings.HUZHU_KEYS, settings.HUZHU_INDEX_KEY)


def index_of(value: str, *, purpose: str) -> bytes:
    """What an index column holds for a value: equal values of one purpose are equal here."""
    return ring().index(value, purpose=purpose)


class Sealed:
    """A value nobody reads by accident: printing, formatting and comparing show nothing. `reveal()` is an act."""

    __slots__ = ("_place", "_stored")

    def __init__(self, stored: bytes | str, place: str) -> None:
        self._stored, self._place = stored, place

    def reveal(self) -> str:
        """The clear text. Raises Tampered where it was sealed for another place."""
        return self._stored if isinstance(self._stored, str) else ring().open(self._stored, place=self._place)

    def __repr__(self) -> str:
        return "<sealed>"

    __str__ = __repr__


class SealedField(models.BinaryField):  # type: ignore[type-arg]
    """A text stored sealed. Reading the attribute gives None or a `Sealed`; setting takes None, a text or a `Sealed`.

    The row's primary key is part of the seal, so it has to be known before the row is saved: use a UUID made by the model.
    """

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only=private_only)
        setattr(cls, self.attname, _Attribute(self))

    def place(self, pk: object) -> str:
        return f"{self.model._meta.db_table}:{self.column}:{pk}"

    def pre_save(self, model_instance: models.Model, add: bool) -> bytes | None:  # noqa: ARG002  Django's signature
        held = model_instance.__dict__.get(self.attname)
        if not isinstance(held, str):
            return held
        if model_instance.pk is None:
            raise ValueError(f"{self.model._meta.label}: a row with a sealed field needs its key before it is saved")
        sealed = ring().seal(held, place=self.place(model_instance.pk))
        model_instance.__dict__[self.attname] = sealed
        return sealed

    def from_db_value(self, value: Any, *_: Any) -> bytes | None:
        return None if value is None else bytes(value)


class _Attribute:
    """Gives a model's attribute the behaviour that `SealedField` says."""

    def __init__(self, field: SealedField) -> None:
        self.field = field

    def __get__(self, instance: models.Model | None, owner: type[models.Model]) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        if name not in instance.__dict__:
            instance.refresh_from_db(fields=[name])
        held = instance.__dict__[name]
        return None if held is None else Sealed(held, self.field.place(instance.pk))

    def __set__(self, instance: models.Model, value: object) -> None:
        # A text waits for the row's key; bytes are what the database holds.
        if isinstance(value, Sealed):
            value = value.reveal()
        elif isinstance(value, memoryview):
            value = bytes(value)
        instance.__dict__[self.field.attname] = value


class SealedFileField(models.CharField):  # type: ignore[type-arg]
    """The name of a sealed file (files.py), "" where there is none; `place` is the attribute of a row that says what it is sealed to.

    A file that no such column names is nobody's, and goes; those that are named follow a change of keys.
    """

    def __init__(self, *args: Any, place: str = "place", **kwargs: Any) -> None:
        self.place = place
        super().__init__(*args, **{"max_length": 32, "blank": True} | kwargs)

    def place_of(self, row: models.Model) -> str:
        return str(attrgetter(self.place)(row))

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs  # to a database it is one


class IndexField(models.BinaryField):  # type: ignore[type-arg]
    """A keyed hash of a sealed value, 16 bytes: to find it and to keep it unique."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 16)
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: Any, *_: Any) -> bytes | None:
        return None if value is None else bytes(value)
