from __future__ import annotations

import io
import json
import logging
import logging.config
from collections.abc import Iterator

import pytest
import structlog

from huzhu.config.logs import logging as logging_for
from huzhu.ui.numbers import without_numbers

IDENTITY, PHONE = "110105194912310024", "13812345678"


@pytest.fixture(params=["json", "console"])
def written(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What goes to the log; the loggers are as before afterwards."""
    stream, root = io.StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    before = structlog.get_config()
    config = logging_for(form=request.param)
    config["handlers"]["stderr"]["stream"] = stream
    logging.config.dictConfig(config)
    yield stream
    root.handlers[:], root.level = handlers, level
    structlog.configure(**before)


@pytest.mark.parametrize(
    "text",
    [
        "身份证110105194912310024号",
        "11010519491231002X", "11010519491231002x", "110105 19491231 002X", "１１０１０５１９４９１２３１００２４",
        "110105491231002", "13812345678", "+8613812345678", "+86 138 1234 5678", "138-1234-5678", "tel:13812345678,", "n13812345678",
    ],
)  # fmt: skip
def test_what_looks_like_a_persons_number_does_not_stand_in_the_text(text: str) -> None:
    said = without_numbers(text)
    assert not any(part in said for part in ("1949", "1234", "１９４９", "4912"))
    assert "[" in said


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23T22:04:36.123456Z",
        "12345678901234567890",
        "0.123456789012345678",
        "12345678",
        "第 3 条",
        "-4.138123456780001",
    ],
)
def test_other_figures_stay(text: str) -> None:
    assert without_numbers(text) == text


class Member:
    def __repr__(self) -> str:
        return f"<Member {IDENTITY}>"


def test_no_number_gets_through_wherever_it_hides(written: io.StringIO) -> None:
    log = structlog.get_logger("huzhu.test")
    log.warning(
        f"member {IDENTITY}", phone=PHONE, number=int(IDENTITY), rows=[{"id": IDENTITY, PHONE: 1}], who=Member()
    )
    logging.getLogger("django.request").error("Bad Request: /members/%s", IDENTITY)
    try:
        raise ValueError(f"duplicate key {IDENTITY} {PHONE}")
    except ValueError:
        log.exception("failed", where=(PHONE,))
        logging.getLogger("django").exception("failed")
    said = written.getvalue()
    assert IDENTITY not in said
    assert PHONE not in said
    assert said.count("[identity number]") >= 7
    assert "ValueError" in said


def test_a_line_of_json_is_an_event() -> None:
    stream, root = io.StringIO(), logging.getLogger()
    handlers, level, before = root.handlers[:], root.level, structlog.get_config()
    config = logging_for(form="json")
    config["handlers"]["stderr"]["stream"] = stream
    logging.config.dictConfig(config)
    try:
        structlog.get_logger("huzhu.other").info("会员.加入", rows=3)
    finally:
        root.handlers[:], root.level = handlers, level
        structlog.configure(**before)
    event = json.loads(stream.getvalue())
    assert (event["event"], event["rows"], event["level"], event["logger"]) == ("会员.加入", 3, "info", "huzhu.other")
