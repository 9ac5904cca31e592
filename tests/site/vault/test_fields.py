"""Sealed fields: unreadable where they lie, bound to their row, found by a keyed index, moved to new keys."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection

from huzhu.apps.unions.models import User
from huzhu.apps.unions.services import PHONE, create_user
from huzhu.apps.vault.ciphers import BadKey, Ring, Tampered, new_index_key
from huzhu.apps.vault.fields import index_of
from huzhu.apps.vault.models import Rotation
from huzhu.apps.vault.services import _piece, keys_in_use, rotate, sealed_columns
from tests.site.cast import AT

NUMBER = "10099887766"
# The key that the settings derive for tests.
TEST_KEY = hashlib.sha256(b"huzhu test key").digest()
TWO_KEYS = f"1:aes256gcm:hex:{TEST_KEY.hex()},2:sm4gcm:hex:{'ab' * 16}"

pytestmark = pytest.mark.django_db


def worker(phone: str = NUMBER) -> User:
    return create_user(by=None, at=AT, username=None, password=None, display_name="王五", phone=phone)


def stored(user: User) -> bytes:
    with connection.cursor() as cursor:
        key: Any = user.pk.hex if connection.vendor == "sqlite" else user.pk
        cursor.execute("SELECT phone FROM unions_user WHERE id = %s", [key])
        return bytes(cursor.fetchone()[0])


def test_a_sealed_value_comes_back_and_lies_unreadable() -> None:
    user = worker()
    assert NUMBER.encode() not in stored(user)
    assert User.objects.get(pk=user.pk).phone.reveal() == NUMBER


def test_what_is_stored_opens_with_the_key_for_its_table_column_and_row() -> None:
    """The form that another program would need to read it: key number, nonce, ciphertext with tag."""
    user, sealed = worker(), None
    sealed = stored(user)
    assert sealed[0] == 1
    place = f"unions_user:phone:{user.pk}".encode()
    assert AESGCM(TEST_KEY).decrypt(sealed[1:13], sealed[13:], place) == NUMBER.encode()


def test_printing_shows_nothing() -> None:
    phone = User.objects.get(pk=worker().pk).phone
    assert NUMBER not in f"{phone} {phone!r} {[phone]}"


def test_a_value_copied_into_another_row_does_not_open() -> None:
    one, other = worker(), worker("10011112222")
    User.objects.filter(pk=other.pk).update(phone=stored(one))
    with pytest.raises(Tampered, match="unions_user:phone"):
        User.objects.get(pk=other.pk).phone.reveal()


def test_a_value_with_one_bit_turned_does_not_open() -> None:
    user = worker()
    sealed = bytearray(stored(user))
    for place in range(1, len(sealed)):
        turned = bytes(byte ^ (1 if n == place else 0) for n, byte in enumerate(sealed))
        User.objects.filter(pk=user.pk).update(phone=turned)
        with pytest.raises(Tampered):
            User.objects.get(pk=user.pk).phone.reveal()


def test_the_same_number_twice_lies_there_differently_and_has_one_index() -> None:
    first = stored(worker())
    User.objects.all().delete()
    assert stored(worker()) != first
    assert User.objects.get(phone_index=index_of(NUMBER, purpose=PHONE)).phone.reveal() == NUMBER
    assert index_of(NUMBER, purpose=PHONE) != index_of(NUMBER, purpose="something else")


def test_a_new_key_takes_over_every_value_and_the_old_one_may_go(settings: Any) -> None:
    users = [worker(f"100{n:08d}") for n in range(7)]
    settings.HUZHU_KEYS = TWO_KEYS
    assert [u.phone.reveal() for u in User.objects.order_by("created_at", "pk")] == [f"100{n:08d}" for n in range(7)]
    assert rotate()["unions.User.phone"] == 7
    assert keys_in_use() == {2: 7}
    settings.HUZHU_KEYS = TWO_KEYS.partition(",")[2]
    assert {User.objects.get(pk=user.pk).phone.reveal() for user in users} == {f"100{n:08d}" for n in range(7)}


def test_a_change_of_keys_goes_on_where_it_stopped(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huzhu.apps.vault.services.ROWS", 3)
    for n in range(8):
        worker(f"100{n:08d}")
    settings.HUZHU_KEYS = TWO_KEYS
    model, field = next((m, f) for m, f in sealed_columns() if m is User)
    state = Rotation.objects.create(column="unions.User.phone", to_key=2)
    _piece(model, field, state)
    assert keys_in_use() == {1: 5, 2: 3}
    assert rotate()["unions.User.phone"] == 8
    assert keys_in_use() == {2: 8}


def test_a_missing_key_is_named(settings: Any) -> None:
    user = worker()
    settings.HUZHU_KEYS = TWO_KEYS.partition(",")[2]
    with pytest.raises(BadKey, match="sealed with key 1, which HUZHU_KEYS does not hold"):
        User.objects.get(pk=user.pk).phone.reveal()


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("", "HUZHU_KEYS is empty"),
        ("1:aes256gcm:hex:aabb", "takes 32 bytes, not 2"),
        ("1:rot13:aabb", "a key is number:algorithm:base64"),
        ("0:aes256gcm:hex:" + "00" * 32, "number 1 to 255"),
        ("1:aes256gcm:not base64!", "written in base64"),
        (f"1:aes256gcm:hex:{'00' * 32},1:aes256gcm:hex:{'11' * 32}", "key 1 stands there twice"),
    ],
)
def test_keys_that_cannot_be_meant_are_refused(keys: str, said: str) -> None:
    with pytest.raises(BadKey, match=said):
        Ring.of(keys, new_index_key())
