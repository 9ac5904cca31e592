"""The people who walk the site: each role in the east and in the west, and the things of the station in the east."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from huzhu.apps.jobs.models import Job
from huzhu.apps.members import services as members
from huzhu.apps.members.desk_models import ExportRequest
from huzhu.apps.members.posters import card_token
from huzhu.apps.messages import services as messages
from huzhu.apps.registers.models import Register
from huzhu.apps.rosters.models import Likeness, Roster
from huzhu.apps.unions import services as unions
from huzhu.apps.unions import tree_import
from huzhu.apps.unions.models import User
from huzhu.rules.texts import Text
from tests.site.cast import AT, Cast, identity_number
from tests.site.matrix import ROLES
from tests.site.members.joiners import admitted, application, listed, poster, user_of
from tests.site.rosters.feeding import Line, feed, person

SIDES = ("east", "west")


@dataclass
class Walker:
    """Somebody with a role on a side, signed in, with things of her own."""

    role: str
    side: str
    user: User
    client: Client
    tokens: dict[str, str] = field(default_factory=dict)  # secrets by what they may do

    @property
    def name(self) -> str:
        return f"{self.role} in the {self.side}"

    def secret(self, scope: str) -> str:
        """A token with one scope, made once."""
        if scope not in self.tokens:
            self.tokens[scope] = unions.create_token(by=self.user, at=AT, name=scope, scopes=[scope], days=90)[1]
        return self.tokens[scope]


def walkers(cast: Cast) -> list[Walker]:
    """Each role twice: in the east, where the things are, and in the west."""
    found = []
    for side in SIDES:
        for role in ROLES:
            if role == "worker":
                user = user_of(admitted(cast, at=f"{side}-station", name="陆小川"))
                unions.grant(by=None, at=AT, user=user, role=role, organisation=cast.tree[f"{side}-station"])
            else:
                user = cast.officer(role, at=f"{side}-union" if role == "grassroots_officer" else side)
            found.append(Walker(role, side, user, cast.client(user)))
    return found


@dataclass
class Things:
    """Addresses' arguments for each sample of the matrix; those that begin with `own` are somebody's own."""

    shared: dict[str, dict[str, Any]]
    owned: dict[tuple[str, str], dict[str, Any]]

    def arguments(self, sample: str, owner: Walker | None) -> dict[str, Any]:
        if not sample.startswith("own "):
            return self.shared[sample]
        assert owner is not None
        return self.owned[sample, owner.role]


def things(cast: Cast, people: list[Walker]) -> Things:
    """One of each kind at the station in the east."""
    station = cast.tree["east-station"]
    member = admitted(cast)
    second = members.apply(at=AT, application=application(cast, number=member.identity_number.reveal(), name="李小明"))
    assert second.how == "queued"
    applied = members.apply(at=AT, application=application(cast, name="王小芳")).member
    assert applied is not None
    correction = members.correct(by=user_of(member), at=AT, member=member, field="name", value="李大明")
    officer = cast.officer("district_officer", at="east")
    members.verify(by=officer, at=AT, member=member)
    roster, row = _roster(cast, officer)
    register_row = listed(number=identity_number(), name="李晓民")
    Register.objects.filter(pk=register_row.register_id).update(state=Register.State.FAILED)
    likeness = Likeness.objects.create(
        organisation=station,
        member=member,
        register_row=register_row,
        score_per_mille=800,
        reasons=[["姓名相近", "alike"]],
        found_at=AT,
    )
    _failed_load(register_row.register_id)
    hired = cast.officer("finance", at="east-union")
    export = members.ask_export(by=officer, at=AT, query="", form="csv", reason="核对")
    ExportRequest.objects.filter(pk=export.pk).update(state=ExportRequest.State.ASKED)
    shared: dict[str, dict[str, Any]] = {
        "": {}, "token": {"token": poster(cast).rstrip("/").rsplit("/", 1)[1]}, "card": {"token": card_token(number=member.number or "")},
        "purpose": {"purpose": "verification"}, "provider": {"provider_id": "none"}, "register": {"code": register_row.register.code},
        "code": {"code": station.code}, "member": {"member": member.pk}, "member field": {"member": member.pk, "field": "phone"},
        "second": {"second": _second_of(member)}, "correction": {"correction": correction.pk}, "export": {"export": export.pk},
        "roster": {"id": roster.pk}, "roster row": {"id": roster.pk, "number": row}, "likeness": {"id": likeness.pk},
        "user": {"id": hired.pk}, "user act": {"id": hired.pk, "act": "password"}, "grant": {"id": hired.grants.get().pk},
    }  # fmt: skip
    owned: dict[tuple[str, str], dict[str, Any]] = {}
    for one in people:
        if one.side == "east":
            for sample, arguments in _own(one).items():
                owned[sample, one.role] = arguments
    return Things(shared, owned)


def _second_of(member: Any) -> Any:
    return member.second_applications.get().pk


def _roster(cast: Cast, officer: User) -> tuple[Roster, int]:
    """A checked roster with a row for each end: good, in doubt, refused."""
    good, unsure, wrong = person(801), person(802), person(803)
    lines: list[Line] = [good, (unsure[0], "", *unsure[2:]), (wrong[0], wrong[1][:-1] + "Y", *wrong[2:])]
    roster = feed(lines, by=officer, to=cast.tree["east-union"])
    assert (roster.accepted, roster.doubtful, roster.refused) == (1, 1, 1)
    return roster, 3


def _failed_load(register: Any) -> None:
    from huzhu.apps.registers.models import RegisterLoad
    from huzhu.apps.registers.queries import LOAD

    load = RegisterLoad.objects.create(register_id=register, asked_at=AT)
    Job.objects.create(
        kind=LOAD,
        key=f"{LOAD}:{load.pk}",
        arguments={"load": str(load.pk)},
        state=Job.State.FAILED,
        not_before=AT,
        created_at=AT,
    )


def _own(one: Walker) -> dict[str, dict[str, Any]]:
    words = Text("您好", "Hello")
    message = messages.send(to=one.user, kind="test", key=f"test:{one.user.pk}", words=words, at=AT)
    token, _ = unions.create_token(by=one.user, at=AT, name="own", scopes=["desk.view"], days=9)
    own: dict[str, dict[str, Any]] = {
        "own message": {"id": message.pk},
        "own token": {"id": token.pk},
        "own sheet": {"id": NO_ID},
        "own export": {"export": NO_ID},
    }
    if one.role == "administrator":
        rows = [tree_import.Row(number=2, code="east-new", name="新驿站", kind="station", parent="east-union")]
        own["own sheet"] = {"id": tree_import.check(by=one.user, at=AT, rows=rows, file_name="tree.csv").pk}
    if one.role == "district_officer":
        made = members.ask_export(by=one.user, at=AT, query="", form="csv", reason="核对")
        own["own export"] = {"export": made.pk}
    return own


NO_ID = "00000000-0000-7000-8000-000000000000"
