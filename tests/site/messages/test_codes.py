"""Codes to a phone: right once, for ten minutes, five tries, five a day."""

from __future__ import annotations

import datetime as dt
import re
import threading

import pytest
from django.db import connection, transaction

from huzhu.apps.messages import codes
from huzhu.apps.messages.models import Code, Delivery
from huzhu.apps.unions import limits
from tests.site.cast import AT, phone

MINUTE = dt.timedelta(minutes=1)


def issue(number: str, *, at: dt.datetime = AT, purpose: str = "joining", address: str = "192.0.2.1") -> str:
    codes.issue(phone=number, purpose=purpose, at=at, address=address)
    sent = Delivery.objects.order_by("-pk")[0]
    assert sent.address.reveal() == number
    return str(re.findall(r"\d{6}", sent.text.reveal())[0])


def check(number: str, code: str, *, at: dt.datetime = AT, purpose: str = "joining") -> bool:
    return codes.check(phone=number, purpose=purpose, code=code, at=at)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


@pytest.mark.django_db
def test_a_code_is_right_once() -> None:
    number = phone()
    code = issue(number)
    assert check(number, f" {code} ")
    assert not check(number, code)


@pytest.mark.django_db
def test_it_is_of_one_number_and_one_purpose() -> None:
    number, other = phone(), phone()
    code = issue(number)
    assert not check(other, code)
    assert not check(number, code, purpose="transfer")
    assert check(number, code)


@pytest.mark.django_db
@pytest.mark.parametrize(("minutes", "holds"), [(9, True), (10, False)])
def test_it_holds_ten_minutes(minutes: int, holds: bool) -> None:
    number = phone()
    assert check(number, issue(number), at=AT + minutes * MINUTE) is holds


@pytest.mark.django_db
@pytest.mark.parametrize(("tries", "holds"), [(4, True), (5, False)])
def test_five_tries_end_it(tries: int, holds: bool) -> None:
    number = phone()
    code = issue(number)
    assert not any(check(number, wrong(code)) for _ in range(tries))
    assert check(number, code) is holds


@pytest.mark.django_db(transaction=True)
def test_a_try_counts_whatever_becomes_of_what_it_was_to_open() -> None:
    number = phone()
    code = issue(number)
    for _ in range(codes.TRIES):
        assert not check(number, wrong(code))
        with transaction.atomic():
            transaction.set_rollback(True)
    assert Code.objects.get().tries == codes.TRIES
    assert not check(number, code)


@pytest.mark.django_db(transaction=True)
def test_inside_a_transaction_nothing_is_tried_and_nothing_counted() -> None:
    """Where a rollback would undo the count, five tries would be no limit."""
    number = phone()
    code = issue(number)
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        check(number, code)
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        issue(number)
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        limits.take(key="anything", most=5, span=MINUTE, at=AT)
    assert Code.objects.get().tries == 0
    assert check(number, code)


@pytest.mark.django_db
def test_a_new_code_ends_the_one_before() -> None:
    number = phone()
    first = issue(number)
    second = issue(number, at=AT + MINUTE)
    assert check(number, first) is (first == second)
    assert check(number, second) is (first != second)


@pytest.mark.django_db
def test_a_sixth_code_to_a_number_waits_for_the_next_day() -> None:
    number = phone()
    for n in range(5):
        issue(number, address=f"192.0.2.{n}")
    with pytest.raises(codes.TooManyCodes):
        issue(number)
    issue(number, at=AT + dt.timedelta(days=1))


@pytest.mark.django_db
def test_an_address_asks_for_so_many_an_hour() -> None:
    for _ in range(limits.CODES_AN_ADDRESS):
        issue(phone())
    with pytest.raises(codes.TooManyCodes):
        issue(phone())
    issue(phone(), address="192.0.2.2")


@pytest.mark.django_db
def test_neither_number_nor_code_is_kept_open() -> None:
    number = phone()
    code = issue(number)
    with connection.cursor() as cursor:
        for model in (Code, Delivery):
            cursor.execute(f"SELECT * FROM {model._meta.db_table}")
            stored = repr(
                [bytes(cell) if isinstance(cell, memoryview) else cell for row in cursor.fetchall() for cell in row]
            )
            assert number not in stored
            assert f"'{code}'" not in stored


@pytest.mark.django_db(transaction=True)
def test_the_right_code_from_four_hands_at_once_opens_once() -> None:
    number = phone()
    code, line = issue(number), threading.Barrier(4)
    opened: list[bool] = []

    def hand() -> None:
        line.wait()
        opened.append(check(number, code))
        connection.close()

    hands = [threading.Thread(target=hand) for _ in range(4)]
    for each in hands:
        each.start()
    for each in hands:
        each.join()
    assert opened.count(True) == 1


@pytest.mark.django_db(transaction=True)
def test_counting_at_the_same_time_counts_them_all() -> None:
    line = threading.Barrier(8)
    taken: list[bool] = []

    def hand() -> None:
        line.wait()
        taken.extend(limits.take(key="k", most=5, span=MINUTE, at=AT) for _ in range(3))
        connection.close()

    hands = [threading.Thread(target=hand) for _ in range(8)]
    for each in hands:
        each.start()
    for each in hands:
        each.join()
    assert taken.count(True) == 5
