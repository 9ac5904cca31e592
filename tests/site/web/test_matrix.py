"""Every page and every operation of the API, as every role inside and outside, and as nobody. The table is tests/site/matrix.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django_scopes import scopes_disabled

from huzhu.apps.members.models import Member
from tests.site.cast import AT, ON, Cast
from tests.site.matrix import ENDPOINTS, EVERYBODY, GET_ONLY, NOBODY, PAGES, POST_ONLY, ROLES, SHARED, SIGNED_IN
from tests.site.web.people import Things, Walker, things, walkers

CELLS_AT_LEAST = 1_500  # reliability.md, T3
BODIES = {"members:decide": {"act": "approve"}}  # an act that it does not know is not there at all
LIBRARIES = ("set_language", "gallery", "health", "metrics")
SIGN_IN = reverse("account_login")


def names_of(patterns: Any, space: str = "") -> Iterator[str]:
    """Every address's name, with its namespaces; an address without a name is told by its pattern."""
    for one in patterns:
        if isinstance(one, URLResolver):
            inner = f"{space}{one.namespace}:" if one.namespace else space
            yield from names_of(one.url_patterns, inner)
        else:
            assert isinstance(one, URLPattern)
            yield f"{space}{one.name}" if one.name else f"{space}<{one.pattern}>"


def operations() -> set[tuple[str, str]]:
    from huzhu.api.root import api

    said = api.get_openapi_schema()
    return {(verb.upper(), path.removeprefix("/api/v1")) for path, verbs in said["paths"].items() for verb in verbs}


def test_every_address_has_a_row() -> None:
    from huzhu.api.root import api

    bound = [one for _, router in api._routers for view in router.path_operations.values() for one in view.operations]
    of_operations = {f"api:{one.view_func.__name__}" for one in bound}
    found = set(names_of(get_resolver().url_patterns)) - of_operations
    assert found - PAGES.keys() == set(), "an address that tests/site/matrix.py does not know: say who may open it"
    assert PAGES.keys() - found == set(), "a row without an address"
    assert operations() - ENDPOINTS.keys() == set(), "an operation that tests/site/matrix.py does not know"
    assert ENDPOINTS.keys() - operations() == set()


class Walk:
    """Asks for pages and keeps every cell that was not as the table says."""

    def __init__(self) -> None:
        self.cells = 0
        self.wrong: list[str] = []

    @property
    def told(self) -> str:
        return "\n".join([f"{len(self.wrong)} of {self.cells} cells are wrong:", *self.wrong[:200]])

    def cell(
        self, what: str, answer: Callable[[], HttpResponse], expected: Callable[[HttpResponse], bool], said: str
    ) -> None:
        """One request, whose traces are taken back."""
        self.cells += 1
        with transaction.atomic():
            got = answer()
            transaction.set_rollback(True)
        if not expected(got):
            self.wrong.append(f"{what}: {got.status_code} {got.headers.get('Location', '')}, expected {said}")


def is_sign_in(answer: HttpResponse) -> bool:
    return answer.status_code == 302 and answer.headers["Location"].split("?")[0] == SIGN_IN


def opened(answer: HttpResponse) -> bool:
    return answer.status_code not in (401, 403, 404, 405) and answer.status_code < 500 and not is_sign_in(answer)


def absent(answer: HttpResponse) -> bool:
    return answer.status_code == 404


def turned_away(answer: HttpResponse) -> bool:
    return absent(answer) or is_sign_in(answer)


def closed(answer: HttpResponse) -> bool:
    return turned_away(answer) or unknown_method(answer)


def without_way(answer: HttpResponse) -> bool:
    """Allauth says 403 to whoever has nothing to prove herself with."""
    return answer.status_code in (403, 404)


def unknown_method(answer: HttpResponse) -> bool:
    return answer.status_code == 405


def may_open(name: str, person: Walker | None) -> bool:
    who, sample = PAGES[name]
    is_let_in = (person is not None and (isinstance(who, str) or person.role in who)) or who == EVERYBODY
    return is_let_in and (sample in SHARED or (person is not None and person.side == "east"))


def verbs_of(name: str) -> tuple[str, ...]:
    return ("post",) if name in POST_ONLY else ("get",) if name in GET_ONLY else ("get", "post")


@pytest.fixture
def people(cast: Cast) -> list[Walker]:
    found = walkers(cast)
    for one in found:
        one.client.raise_request_exception = False  # an error is a wrong cell, and the walk goes on
    return found


@pytest.fixture
def samples(cast: Cast, people: list[Walker]) -> Things:
    with scopes_disabled():
        return things(cast, people)


def owner_of(people: list[Walker], name: str, person: Walker | None) -> Walker:
    """Whose own thing is asked for: that of the same role in the east; for nobody, of the first role that has one."""
    who = PAGES[name][0]
    role = person.role if person is not None else who[0] if isinstance(who, tuple) and who else ROLES[0]
    return next(one for one in people if one.role == role and one.side == "east")


def prepare(name: str) -> None:
    """Some pages are there only in one state of things."""
    if name == "members:mine_rejoin":
        with scopes_disabled():
            Member.objects.filter(user__isnull=False, status="member").update(status="left", left_on=ON)


def walk_page(walk: Walk, name: str, person: Walker | None, client: Client, url: str) -> None:
    who = "nobody" if person is None else person.name
    is_let_in = may_open(name, person)
    known = verbs_of(name)
    for verb in ("get", "post", "delete"):
        if verb == "delete" and not is_let_in:
            continue
        what = f"{verb.upper()} {name} as {who}"
        ask = getattr(client, verb)

        def answer(ask: Any = ask, verb: str = verb) -> HttpResponse:
            prepare(name)
            cookies: Any = client.cookies.copy()
            made: Any = ask(url, BODIES.get(name, {})) if verb == "post" else ask(url)
            client.cookies = cookies  # whoever signed out is signed in for the next cell
            if made.streaming:
                b"".join(made.streaming_content)  # read to its end, it closes itself
            return made  # type: ignore[no-any-return]

        if is_let_in:
            if verb in known:
                walk.cell(what, answer, opened, "the page")
            elif not is_of_a_library(name):
                walk.cell(what, answer, unknown_method, "405")
        elif person is None:
            walk.cell(what, answer, turned_away if verb in known else closed, "the sign-in page or 404")
        elif verb in known or is_hidden_from(name, person):
            expected = without_way if is_of_a_library(name) else absent
            walk.cell(what, answer, expected, "404")


def is_hidden_from(name: str, person: Walker | None) -> bool:
    """Whether the page itself is not there for her, and not just the thing she asks for. Then every post is as unknown as a look."""
    who, _ = PAGES[name]
    by_thing = name.startswith("members:mine") or name in ("members:card", "unions:tokens", "messages:console")
    return (
        person is not None
        and isinstance(who, tuple)
        and person.role not in who
        and not by_thing
        and not is_of_a_library(name)
    )


def is_of_a_library(name: str) -> bool:
    """Their way with methods is their own."""
    return name.startswith(("account_", "mfa_", "socialaccount_", "openid_", "api:")) or name in LIBRARIES


def test_every_page_for_every_role(cast: Cast, people: list[Walker], samples: Things) -> None:
    walk = Walk()
    with patch(
        "huzhu.apps.members.views.posters.poster_pdf", return_value=b"%PDF"
    ):  # drawing takes long and is another test's
        for name, (_, sample) in PAGES.items():
            for person in (*people, None):
                url = reverse(name, kwargs=samples.arguments(sample, owner_of(people, name, person)))
                client = cast.client() if person is None else person.client
                walk_page(walk, name, person, client, url)
    print(f"\npages: {walk.cells} cells asserted")
    assert not walk.wrong, walk.told
    assert walk.cells >= CELLS_AT_LEAST


def test_every_operation_for_every_role_and_scope(cast: Cast, people: list[Walker], samples: Things) -> None:
    walk, client = Walk(), cast.client()
    client.raise_request_exception = False
    for (verb, path), (scope, roles, sample) in ENDPOINTS.items():
        for person in people:
            is_in_role = person.role in roles
            is_there = is_in_role and (sample == "" or person.side == "east")
            for held in {scope or "desk.view", "audit.view"}:
                has_scope = scope in ("", held)
                what = f"{verb} {path} as {person.name} with a token for {held}"
                ask = asked(client, verb, path, sample, samples, f"Bearer {person.secret(held)}")
                if has_scope and is_there:
                    walk.cell(what, ask, opened, "an answer")
                elif has_scope and is_in_role:
                    walk.cell(what, ask, absent, "404")
                else:
                    walk.cell(what, ask, lambda answer: answer.status_code == 403, "403")
        for credentials in ("", "Bearer huzhu_wrong", "Basic YTpi"):
            ask = asked(client, verb, path, sample, samples, credentials)
            walk.cell(f"{verb} {path} with “{credentials}”", ask, lambda answer: answer.status_code == 401, "401")
        for person in people:  # a browser's session is no token
            ask = asked(person.client, verb, path, sample, samples, "")
            walk.cell(
                f"{verb} {path} from the browser of {person.name}", ask, lambda answer: answer.status_code == 401, "401"
            )
    print(f"\noperations: {walk.cells} cells asserted")
    assert not walk.wrong, walk.told
    assert walk.cells >= 400


def asked(  # noqa: PLR0917
    client: Client, verb: str, path: str, sample: str, samples: Things, credentials: str
) -> Callable[[], Any]:
    found: dict[str, Any] = {} if sample == "file" else samples.arguments(sample, None)
    for name, value in found.items():
        path = path.replace("{" + ("roster" if name == "id" else name) + "}", str(value))
    headers = {"authorization": credentials} if credentials else {}

    def ask() -> Any:
        if verb == "POST":
            file = SimpleUploadedFile("a.csv", f"姓名,身份证号\n{AT}\n".encode())
            return client.post(f"/api/v1{path}", {"organisation": "east-station", "file": file}, headers=headers)
        return client.get(f"/api/v1{path}", headers=headers)

    return ask


def test_figures_for_machines_are_not_there_from_elsewhere(people: list[Walker]) -> None:
    for person in people:
        assert person.client.get("/metrics", REMOTE_ADDR="192.0.2.7").status_code == 404, person.name
        assert (
            person.client.get(
                "/metrics", headers={"authorization": "Bearer wrong"}, REMOTE_ADDR="192.0.2.7"
            ).status_code
            == 404
        )


def test_style_and_scripts_are_everybodys(cast: Cast, people: list[Walker]) -> None:
    for client in (cast.client(), *(person.client for person in people)):
        found: Any = client.get("/static/ui/huzhu.css")
        assert (found.status_code, b"{" in b"".join(found.streaming_content)) == (200, True)
        found.close()


def test_a_table_row_names_known_roles_and_kinds() -> None:
    for name, (who, sample) in PAGES.items():
        assert who in (EVERYBODY, SIGNED_IN, NOBODY) or set(who) <= set(ROLES), name
        assert isinstance(sample, str)
    assert POST_ONLY.isdisjoint(GET_ONLY)
    assert (POST_ONLY | GET_ONLY).issubset(PAGES)
