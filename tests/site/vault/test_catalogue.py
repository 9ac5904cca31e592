"""The catalogue of personal data names every column of every table, one way or the other."""

from __future__ import annotations

from django.apps import apps

from huzhu.apps.vault.catalogue import BASES, listed
from huzhu.apps.vault.fields import SealedField

# Sealed, though they tell of nobody: a password of a platform's interface.
SECRETS = {"registers.Register.token"}


def columns(app: str) -> set[str]:
    models = apps.get_app_config(app).get_models()
    return {f"{model.__name__}.{field.name}" for model in models for field in model._meta.local_fields}


def test_every_column_is_listed_as_personal_or_not() -> None:
    ours = {config.label for config in apps.get_app_configs() if config.name.startswith("huzhu.apps.")}
    assert {one.app for one in listed()} == ours
    for one in listed():
        assert set(one.personal) | one.not_personal == columns(one.app), one.app
        assert not set(one.personal) & one.not_personal, one.app


def test_every_sealed_column_is_told_of() -> None:
    told = {f"{one.app}.{name}" for one in listed() for name in one.personal}
    sealed = {
        f"{model._meta.app_label}.{model.__name__}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, SealedField)
    }
    assert sealed - told == SECRETS


def test_each_purpose_is_said_in_both_languages() -> None:
    for one in listed():
        for name, item in one.personal.items():
            assert item.basis in BASES, name
            assert all(text.zh and text.en for text in (item.label, item.purpose, item.kept)), name
