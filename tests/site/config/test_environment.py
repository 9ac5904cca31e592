from __future__ import annotations

from pathlib import Path

import pytest

from huzhu.config.environment import BadSetting, environment, refuse_unsafe

SAFE = {
    "HUZHU_SECRET_KEY": "k" * 50,
    "HUZHU_KEYS": "1:aes256gcm:" + "A" * 43 + "=",
    "HUZHU_INDEX_KEY": "A" * 43 + "=",
    "HUZHU_HOSTS": "huzhu.example.org",
}


def test_a_production_site_with_all_its_keys_may_start() -> None:
    refuse_unsafe(environment(SAFE))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"HUZHU_SECRET_KEY": ""}, "HUZHU_SECRET_KEY is missing"),
        ({"HUZHU_SECRET_KEY": "k" * 49}, "shorter than 50"),
        ({"HUZHU_KEYS": ""}, "HUZHU_KEYS and HUZHU_INDEX_KEY must be there"),
        ({"HUZHU_INDEX_KEY": ""}, "HUZHU_KEYS and HUZHU_INDEX_KEY must be there"),
        ({"HUZHU_HOSTS": ""}, "HUZHU_HOSTS must name"),
        ({"HUZHU_HOSTS": "*"}, "HUZHU_HOSTS must name"),
        ({"HUZHU_HTTPS": "0"}, "in the clear"),
        ({"HUZHU_MADE_UP_PEOPLE": "1"}, "belongs to the demo"),
    ],
)
def test_an_unsafe_production_site_does_not_start(change: dict[str, str], said: str) -> None:
    with pytest.raises(BadSetting, match=said):
        refuse_unsafe(environment({**SAFE, **change}))


def test_all_reasons_are_told_at_once() -> None:
    with pytest.raises(BadSetting) as refused:
        refuse_unsafe(environment({"HUZHU_HTTPS": "0"}))
    assert str(refused.value).count("\n- ") == 4


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("HUZHU_ENV", "debug"),
        ("HUZHU_HTTPS", "maybe"),
        ("HUZHU_PROXIES", "-1"),
        ("HUZHU_PROXIES", "one"),
        ("HUZHU_IDLE_MINUTES", "1.5"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_by_name(name: str, words: str) -> None:
    with pytest.raises(BadSetting, match=name):
        environment({name: words})


def test_a_misspelt_setting_is_refused() -> None:
    with pytest.raises(BadSetting, match="HUZHU_HOST: no such setting"):
        environment({"HUZHU_HOST": "huzhu.example.org"})


def test_there_is_no_switch_for_debug() -> None:
    with pytest.raises(BadSetting, match="no such setting"):
        environment({"HUZHU_DEBUG": "1"})


def test_a_file_of_keys_that_others_can_read_is_refused(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("HUZHU_SECRET_KEY=" + "k" * 50)
    keys.chmod(0o640)
    with pytest.raises(BadSetting, match="chmod 600"):
        environment({"HUZHU_KEYS_FILE": str(keys)})
    keys.chmod(0o600)
    assert environment({"HUZHU_KEYS_FILE": str(keys)})["HUZHU_SECRET_KEY"] == "k" * 50


def test_a_file_of_keys_holds_nothing_else(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("HUZHU_HTTPS=0")
    keys.chmod(0o600)
    with pytest.raises(BadSetting, match="does not belong there"):
        environment({"HUZHU_KEYS_FILE": str(keys)})
