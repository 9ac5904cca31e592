"""A platform's server whose line breaks or crawls: nothing of half an answer is kept, no worker is held, and it can be asked again."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from huzhu.apps.jobs.models import Job
from huzhu.apps.registers import client as asking
from huzhu.apps.registers import services
from huzhu.apps.registers.models import Register, RegisterRow
from tests.site.cast import AT, Cast
from tests.site.rosters.feeding import finish

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
PAGE = b'{"riders": [{"rider_no": "R1", "name": "\xe6\x9d\x8e\xe6\x99\x93\xe6\x98\x8e"}], "cursor": "1", "has_more": false}'
Answer = Callable[[socket.socket], None]


def whole(line: socket.socket) -> None:
    line.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(PAGE) + PAGE)


def cut_in_the_body(line: socket.socket) -> None:
    line.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(PAGE) + PAGE[: len(PAGE) // 2])


def cut_between_chunks(line: socket.socket) -> None:
    line.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(PAGE) + PAGE + b"\r\n")


def cut_in_the_head(line: socket.socket) -> None:
    line.sendall(HEAD[:20])


def reset(line: socket.socket) -> None:
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def no_http(line: socket.socket) -> None:
    line.sendall(b"\0\1\2 220 ftp\r\n\r\n")


def a_byte_now_and_then(line: socket.socket, *, first: bytes = b"") -> None:
    """As long as somebody listens."""
    line.sendall(first)
    while True:
        line.sendall(b"x")
        time.sleep(0.02)


def a_crawling_head(line: socket.socket) -> None:
    a_byte_now_and_then(line, first=HEAD + b"X-Slow: ")


def a_crawling_body(line: socket.socket) -> None:
    a_byte_now_and_then(line, first=HEAD + b"Content-Length: 100000\r\n\r\n")


def silence(line: socket.socket) -> None:
    line.recv(1)


@contextmanager
def answering(*answers: Answer) -> Iterator[str]:
    """Each connection gets the next answer, the last one for ever."""
    door = socket.create_server(("127.0.0.1", 0))
    lines: list[socket.socket] = []

    def serve() -> None:
        for number in range(100):
            try:
                line, _ = door.accept()
            except OSError:
                return
            lines.append(line)
            threading.Thread(target=talk, args=(line, answers[min(number, len(answers) - 1)])).start()

    def talk(line: socket.socket, answer: Answer) -> None:
        with suppress(OSError), line:
            line.recv(65_536)
            answer(line)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
    finally:
        door.shutdown(socket.SHUT_RDWR)
        door.close()
        for line in lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(asking, "ANSWER_SECONDS_AT_MOST", 0.3)


def synced(url: str) -> Register:
    register = services.create(by=None, at=AT, code="food", name="a", platform="demo-food", kind="http", url=url)
    services.sync(by=None, at=AT, register=register)
    finish()
    return Register.objects.get()


CUT = [cut_in_the_body, cut_between_chunks, cut_in_the_head, reset, no_http]
CRAWLING = [a_crawling_head, a_crawling_body, silence]


@pytest.mark.parametrize("answer", [*CUT, *CRAWLING])
def test_half_an_answer_is_no_answer_and_it_may_be_asked_again(cast: Cast, answer: Answer) -> None:  # noqa: ARG001  the tables
    with answering(*[answer] * asking.TRIES, whole) as url:
        found = synced(url)
        assert (found.state, RegisterRow.objects.count()) == ("failed", 0)
        assert "没有应答" in found.error_zh
        services.retry(job=Job.objects.get(kind="registers.sync"), at=AT)
        finish()
    assert (Register.objects.get().state, RegisterRow.objects.count()) == ("done", 1)


@pytest.mark.parametrize("answer", [*CUT, *CRAWLING])
def test_a_line_that_broke_once_is_not_even_noticed(cast: Cast, answer: Answer) -> None:  # noqa: ARG001  the tables
    with answering(answer, whole) as url:
        assert synced(url).state == "done"
    assert RegisterRow.objects.count() == 1


def test_where_nobody_listens_it_is_said(cast: Cast) -> None:  # noqa: ARG001  the tables
    with answering(whole) as url:
        pass
    assert "ConnectError" in synced(url).error_en
