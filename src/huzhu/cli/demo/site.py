"""The demonstration's site: a union, its officers, a register and a roster, brought in by the same services that officers use."""

from __future__ import annotations

import datetime as dt
import logging
import os
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from huzhu.cli.demo.roster import Courier, roster
from huzhu.cli.demo.union import ACCOUNTS, HOME_DISTRICT, HOME_STATION, HOME_UNION, PLATFORMS, make_accounts, make_tree
from huzhu.cli.site.opening import open_site
from huzhu.rules import Text

Tell = Callable[[Text], None]
COURIERS, SEED, JOINERS, TARGET = 20_000, 20220701, 12, 25_000
REGISTER = "demo-register"
KEYS, SIGN_IN = "keys.env", "sign-in.txt"


@dataclass(frozen=True, slots=True)
class Made:
    """Where the site is and how to get in."""

    home: Path
    password: str
    was_there: bool


def settle(home: Path) -> None:
    """Set this process's settings to those of the demonstration's site; its keys are made once."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = home / KEYS
    if not keys.exists():
        from huzhu.apps.vault.ciphers import new_index_key, new_key

        lines = {
            "HUZHU_SECRET_KEY": secrets.token_urlsafe(48),
            "HUZHU_KEYS": new_key(1),
            "HUZHU_INDEX_KEY": new_index_key(),
        }
        keys.touch(mode=0o600)
        keys.write_text("".join(f"{name}={value}\n" for name, value in lines.items()), encoding="utf-8")
    os.environ.update(
        HUZHU_ENV="demo", HUZHU_HOME=str(home.resolve()), HUZHU_KEYS_FILE=str(keys.resolve()), HUZHU_MADE_UP_PEOPLE="1"
    )


def fill(*, home: Path, file: Path, at: dt.datetime, say: Tell) -> Made:
    """Make the site's database and bring in the union, a register of 5,000 riders, and the roster in `file`.

    A site that is there already stays as it is.
    """
    settle(home)
    open_site()
    logging.getLogger("huzhu").setLevel(logging.WARNING)
    from django.core.management import call_command

    from huzhu.apps.unions.models import Organisation

    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    sign_in = home / SIGN_IN
    if Organisation.objects.exists():
        return Made(home, sign_in.read_text(encoding="utf-8").split()[0], was_there=True)
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    sign_in.touch(mode=0o600)
    sign_in.write_text(f"{password}\n", encoding="utf-8")
    make_tree(at=at)
    make_accounts(at=at, password=password)
    people = roster(couriers=COURIERS, seed=SEED)
    _register(people, at=at)
    _stand(at=at)
    _join(people, at=at)
    say(Text("　　导入名册：核对、比对、入会", "   Feeding the roster: check, match, merge"))
    _feed(file, at=at)
    return Made(home, password, was_there=False)


def user(name: str) -> Any:
    from huzhu.apps.unions.models import User

    return User.objects.get(username=name)


def _organisation(code: str) -> Any:
    from huzhu.apps.unions.models import Organisation

    return Organisation.objects.get(code=code)


def _work() -> None:
    from huzhu.apps.jobs.loop import work

    work(stop=threading.Event(), until_idle=True)


def grown(people: list[Courier], on: dt.date) -> Iterator[Courier]:
    """Those whom nothing speaks against, and who are in the roster once."""
    times = Counter(courier.identity_number for courier in people)
    platforms = {category for _, _, category in PLATFORMS}
    for courier in people:
        is_fine = (
            courier.work_category in platforms and courier.platform_registered and times[courier.identity_number] == 1
        )
        if is_fine and courier.birth_date and 18 < on.year - courier.birth_date.year < 59:
            yield courier


def riders(people: list[Courier], *, on: dt.date) -> list[dict[str, Any]]:
    """What the platforms' register says: 5,000 of the roster's couriers, and what they did last."""
    rng = Random(SEED + 1)
    platforms = {category: platform for platform, _, category in PLATFORMS}
    found = []
    for number, courier in enumerate(islice(grown(people, on), 5_000), start=1):
        assert courier.work_category is not None
        found.append(
            {
                "rider_no": f"R{number:06d}",
                "name": courier.name,
                "identity_number": courier.identity_number,
                "phone": courier.phone,
                "platform": platforms[courier.work_category],
                "work_region": courier.work_region or "",
                "work_category": courier.work_category,
                "in_platform_name": courier.in_platform_name,
                "vehicle": "none" if courier.uses_vehicle is False else "e_bike",
                "last_paid_order_on": (on - dt.timedelta(days=rng.randrange(40))).isoformat(),
                "orders_30d": rng.randrange(0, 900),
                "as_of": on.isoformat(),
            }
        )
    return found


def _register(people: list[Courier], *, at: dt.datetime) -> None:
    """A register over HTTP, asked once while its little server runs."""
    from huzhu.apps.registers import services
    from huzhu.cli.site.register_server import RegisterServer
    from huzhu.ui.clock import day_of

    token = secrets.token_urlsafe(24)
    server = RegisterServer(riders=riders(people, on=day_of(at)), token=token, port=0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        admin = user("admin")
        register = services.create(
            by=admin, at=at, code=REGISTER, name="示例平台登记", name_en="Example register", platform="", kind="http",
            url=server.url, token=token,
        )  # fmt: skip
        services.sync(by=admin, at=at, register=register)
        _work()
    finally:
        server.shutdown()
        server.server_close()


def _stand(*, at: dt.datetime) -> None:
    """The committee's standing resolution, and targets for the year."""
    from huzhu.apps.members import services
    from huzhu.ui.clock import day_of

    on = day_of(at)
    services.record_resolution(
        by=user("grassroots"), at=at, organisation=_organisation(HOME_UNION), passed_on=on - dt.timedelta(days=30),
        words="平台登记完全一致的申请人，即时批准入会，下次会议追认（示例）",
    )  # fmt: skip
    district = user("district")
    for code, number in ((HOME_DISTRICT, 2 * TARGET), (f"{HOME_DISTRICT}-1", TARGET), (HOME_UNION, TARGET)):
        services.set_target(by=district, at=at, organisation=_organisation(code), year=on.year, number=number)


def others() -> list[Courier]:
    """Couriers whom neither the register nor the roster has: their numbers go on where those of the roster end."""
    return roster(couriers=COURIERS + 200, seed=SEED + 2)[COURIERS:]


def _join(people: list[Courier], *, at: dt.datetime) -> None:
    """Some join at a station: half are known to the register, the others wait for the committee."""
    from huzhu.apps.members import services
    from huzhu.apps.members.identity import Identity, read_identity
    from huzhu.apps.members.names import Name, read_name
    from huzhu.apps.unions.models import Employer
    from huzhu.ui.clock import day_of

    on = day_of(at)
    strangers = others()
    chosen = [*islice(grown(people, on), JOINERS // 2), *islice(grown(strangers, on), JOINERS // 2)]
    platforms = {category: platform for platform, _, category in PLATFORMS}
    for courier in chosen:
        identity = read_identity(text=courier.identity_number, on=on, made_up=True)
        name = read_name(text=courier.name)
        if not isinstance(identity, Identity) or not isinstance(name, Name):
            continue
        assert courier.work_category is not None
        services.apply(
            at=at,
            application=services.Application(
                organisation=_organisation(HOME_STATION), identity=identity, name=name, phone=courier.phone,
                employer=Employer.objects.get(platform=platforms[courier.work_category]),
                work_category=courier.work_category, consents=frozenset({"membership", "verification"}),
            ),
        )  # fmt: skip


def _feed(file: Path, *, at: dt.datetime) -> None:
    """The district's officer uploads the roster, and confirms what was found good."""
    from huzhu.apps.rosters import services
    from huzhu.apps.unions.scoping import whole_union

    officer = user("district")
    with file.open("rb") as stream:
        made = services.upload(
            by=officer, at=at, organisation=_organisation(HOME_UNION), stream=stream, file_name="示例名册.xlsx"
        )
    _work()
    with whole_union("the demonstration looks at its own roster"):
        made.refresh_from_db()
        services.confirm(by=officer, at=at, roster=made)
    _work()


def station_link() -> str:
    """The address that the poster of the demonstration's station carries."""
    from django.urls import reverse

    from huzhu.apps.members.posters import token_of
    from huzhu.apps.members.services import poster_of
    from huzhu.ui.clock import now

    poster = poster_of(by=user("grassroots"), at=now(), organisation=_organisation(HOME_STATION))
    return reverse("members:join", args=[token_of(code=HOME_STATION, serial=poster.serial)])


def accounts() -> list[tuple[str, str]]:
    """User names and what they are."""
    from huzhu.apps.unions.rights import ROLES

    return [(account.username, f"{ROLES[account.role].zh} / {ROLES[account.role].en}") for account in ACCOUNTS]
