from __future__ import annotations

import datetime as dt

import pytest

from huzhu.apps.audit.models import Entry
from huzhu.apps.members.models import Member, Transfer, Work
from huzhu.apps.rosters import services
from huzhu.apps.rosters.models import Match, Roster, Row
from huzhu.apps.unions.models import User
from huzhu.ui.refusals import NotAllowed
from tests.site.cast import AT, ON, Cast
from tests.site.rosters.feeding import again, as_csv, feed, finish, merge, person

PEOPLE = [person(n) for n in range(1, 31)]


def figures(roster: Roster) -> dict[str, int]:
    names = ("total", "accepted", "doubtful", "refused", "created", "updated", "transferred", "unchanged")
    return {name: getattr(roster, name) for name in names if getattr(roster, name)}


def test_thirty_people_become_members_by_one_confirmation(cast: Cast, officer: User) -> None:
    roster = feed(PEOPLE, by=officer, to=cast.tree["east-union"])
    assert roster.state == Roster.State.READY
    assert figures(roster) == {"total": 30, "accepted": 30}
    assert Member.objects.count() == 0, "nobody joins before the officer confirms"
    roster = merge(roster, by=officer)
    assert roster.state == Roster.State.DONE
    assert figures(roster) == {"total": 30, "accepted": 30, "created": 30}
    members = list(Member.objects.all())
    assert len({member.number for member in members}) == 30
    assert {(member.joined_on, member.decided_by_id, member.organisation.code) for member in members} == {
        (ON, officer.pk, "east-union")
    }
    first = Member.objects.get(name=PEOPLE[0][0], works__rider_no="R000001")
    assert first.identity_number.reveal() == PEOPLE[0][1]
    assert first.phone.reveal() == PEOPLE[0][2]
    assert Work.objects.filter(employer=cast.platform).count() == 30


def test_what_the_rows_say_is_forgotten_once_it_is_merged(cast: Cast, officer: User) -> None:
    roster = merge(feed(PEOPLE, by=officer, to=cast.tree["east-union"]), by=officer)
    assert Row.objects.filter(roster=roster).exclude(data=None).count() == 0


def test_the_same_file_again_is_told_and_changes_nothing(cast: Cast, officer: User) -> None:
    roster = feed(PEOPLE, by=officer, to=cast.tree["east-union"])
    with pytest.raises(services.SameFile) as refusal:
        services.upload(
            by=officer, at=AT, organisation=cast.tree["east-union"], stream=as_csv(PEOPLE), file_name="b.csv"
        )
    assert refusal.value.roster.pk == roster.pk


def test_the_same_people_in_another_file_are_unchanged(cast: Cast, officer: User) -> None:
    merge(feed(PEOPLE, by=officer, to=cast.tree["east-union"]), by=officer)
    before = list(Member.objects.order_by("pk").values())
    roster = feed([*reversed(PEOPLE)], by=officer, to=cast.tree["east-union"])
    roster = merge(roster, by=officer)
    assert figures(roster) == {"total": 30, "accepted": 30, "unchanged": 30}
    assert list(Member.objects.order_by("pk").values()) == before


def test_a_new_phone_changes_that_member_alone(cast: Cast, officer: User) -> None:
    merge(feed(PEOPLE, by=officer, to=cast.tree["east-union"]), by=officer)
    name, number, _, *rest = PEOPLE[4]
    roster = merge(
        feed([(name, number, "13812345678", *rest), *PEOPLE[5:]], by=officer, to=cast.tree["east-union"]), by=officer
    )
    assert figures(roster) == {"total": 26, "accepted": 26, "updated": 1, "unchanged": 25}
    changed = Member.objects.get(works__rider_no=rest[1])
    assert changed.phone.reveal() == "13812345678"


def test_rows_that_are_wrong_are_told_and_the_others_join(cast: Cast, officer: User) -> None:
    wrong = (PEOPLE[0][0], PEOPLE[0][1][:17] + ("1" if PEOPLE[0][1][17] != "1" else "2"), *PEOPLE[0][2:])
    roster = feed([wrong, *PEOPLE[1:]], by=officer, to=cast.tree["east-union"])
    assert figures(roster) == {"total": 30, "accepted": 29, "refused": 1}
    assert roster.codes == {"identity_check_digit": 1}
    row = Row.objects.get(roster=roster, number=2)
    assert row.problems is not None
    assert (row.problems[0]["column"], row.problems[0]["code"]) == ("identity_number", "identity_check_digit")
    assert wrong[1] not in str(row.problems)
    assert figures(merge(roster, by=officer))["created"] == 29


def test_the_same_number_under_another_name_waits_for_a_person(cast: Cast, officer: User) -> None:
    merge(feed(PEOPLE, by=officer, to=cast.tree["east-union"]), by=officer)
    roster = feed([("赵六", *PEOPLE[0][1:])], by=officer, to=cast.tree["east-union"])
    assert roster.codes == {"member_name_differs": 1}
    row = Row.objects.get(roster=roster)
    match = Match.objects.get(row=row)
    services.decide(by=officer, at=AT, row=row, act="accept", member_id=match.member_id)
    roster = merge(again(roster), by=officer)
    assert figures(roster) == {"total": 1, "accepted": 1, "updated": 1}
    assert Member.objects.get(pk=match.member_id).name == "赵六"


def test_a_member_of_another_union_moves_only_when_a_person_says_so(cast: Cast, officer: User) -> None:
    west = cast.officer("district_officer", at="west")
    merge(feed(PEOPLE[:1], by=west, to=cast.tree["west-union"]), by=west)
    roster = feed(PEOPLE[:2], by=officer, to=cast.tree["east-union"])
    assert figures(roster) == {"total": 2, "accepted": 1, "doubtful": 1}
    row = Row.objects.get(roster=roster, state="doubtful")
    services.decide(by=officer, at=AT, row=row, act="accept", member_id=Match.objects.get(row=row).member_id)
    roster = merge(again(roster), by=officer)
    assert figures(roster) == {"total": 2, "accepted": 2, "created": 1, "transferred": 1}
    move = Transfer.objects.get()
    assert (move.from_organisation.code, move.to_organisation.code, move.on, move.by_id) == (
        "west-union",
        "east-union",
        ON,
        officer.pk,
    )


def test_a_station_that_a_row_names_takes_the_member(cast: Cast, officer: User) -> None:
    roster = feed(
        [person(1, station="东街道骑手驿站"), person(2, station="西街道骑手驿站")],
        by=officer,
        to=cast.tree["east-union"],
    )
    merge(roster, by=officer)
    assert sorted(Member.objects.values_list("organisation__code", flat=True)) == ["east-station", "east-union"]


def test_without_a_number_phone_and_name_say_who_it_is(cast: Cast, officer: User) -> None:
    merge(feed(PEOPLE[:3], by=officer, to=cast.tree["east-union"]), by=officer)
    name, _, telephone, *rest = PEOPLE[0]
    roster = feed([(name, "", telephone, *rest)], by=officer, to=cast.tree["east-union"])
    assert figures(roster) == {"total": 1, "accepted": 1}
    assert figures(merge(roster, by=officer)) == {"total": 1, "accepted": 1, "unchanged": 1}


def test_without_a_number_and_with_another_phone_candidates_are_proposed(cast: Cast, officer: User) -> None:
    merge(feed(PEOPLE, by=officer, to=cast.tree["east-union"]), by=officer)
    name, _, _, *rest = PEOPLE[7]
    roster = feed([(name, "", "13800000000", *rest)], by=officer, to=cast.tree["east-union"])
    assert figures(roster) == {"total": 1, "doubtful": 1}
    best = Match.objects.order_by("-score_per_mille").first()
    assert best is not None
    assert best.member.name == name
    assert best.reasons[0] == ["姓名相同", "the same name"]
    row = Row.objects.get(roster=roster)
    services.decide(by=officer, at=AT, row=row, act="accept", member_id=best.member_id)
    assert figures(merge(again(roster), by=officer)) == {"total": 1, "accepted": 1, "updated": 1}
    assert Member.objects.count() == 30


def test_somebody_who_joins_between_matching_and_merging_is_not_made_twice(cast: Cast, officer: User) -> None:
    first = feed(PEOPLE[:10], by=officer, to=cast.tree["east-union"])
    second = feed(PEOPLE[5:], by=officer, to=cast.tree["east-union"])
    merge(second, by=officer)
    assert figures(merge(first, by=officer)) == {"total": 10, "accepted": 10, "created": 5, "unchanged": 5}
    assert Member.objects.count() == 30
    assert Member.objects.values("identity_index").distinct().count() == 30


def test_somebody_who_joined_elsewhere_meanwhile_becomes_doubtful(cast: Cast, officer: User) -> None:
    west = cast.officer("district_officer", at="west")
    roster = feed(PEOPLE[:3], by=officer, to=cast.tree["east-union"])
    merge(feed(PEOPLE[:1], by=west, to=cast.tree["west-union"]), by=west)
    assert figures(merge(roster, by=officer)) == {"total": 3, "accepted": 2, "doubtful": 1, "created": 2}
    assert Match.objects.get().row.code == "member_elsewhere"


def test_a_row_is_decided_once(cast: Cast, officer: User) -> None:
    roster = feed([("王一", "", "13800000000", "", "", "")], by=officer, to=cast.tree["east-union"])
    row = Row.objects.get(roster=roster)
    services.decide(by=officer, at=AT, row=row, act="refuse")
    with pytest.raises(services.AlreadyDecided):
        services.decide(by=officer, at=AT, row=row, act="accept")
    assert again(roster).refused == 1


def test_a_roster_is_confirmed_once(cast: Cast, officer: User) -> None:
    roster = feed(PEOPLE, by=officer, to=cast.tree["east-union"])
    services.confirm(by=officer, at=AT, roster=roster)
    with pytest.raises(services.NotReady):
        services.confirm(by=officer, at=AT, roster=roster)
    finish()
    assert Member.objects.count() == 30


def test_nobody_uploads_to_or_confirms_for_a_union_that_is_not_theirs(cast: Cast, officer: User) -> None:
    with pytest.raises(NotAllowed):
        services.upload(by=officer, at=AT, organisation=cast.tree["west"], stream=as_csv(PEOPLE), file_name="a.csv")
    roster = feed(PEOPLE, by=officer, to=cast.tree["east-union"])
    west = cast.officer("district_officer", at="west")
    with pytest.raises(NotAllowed):
        services.confirm(by=west, at=AT, roster=roster)


def test_a_dropped_roster_is_forgotten_and_may_be_uploaded_again(cast: Cast, officer: User) -> None:
    roster = feed(PEOPLE, by=officer, to=cast.tree["east-union"])
    services.drop(by=officer, at=AT, roster=roster)
    finish()
    assert set(Row.objects.filter(roster=roster).values_list("data", "name")) == {(None, "")}
    assert feed(PEOPLE, by=officer, to=cast.tree["east-union"]).pk != roster.pk


def test_who_did_what_is_on_record_and_no_number_is(cast: Cast, officer: User) -> None:
    roster = merge(feed(PEOPLE, by=officer, to=cast.tree["east-union"]), by=officer)
    entries = list(Entry.objects.filter(about=f"rosters.Roster:{roster.pk}").order_by("sequence"))
    assert [entry.act for entry in entries] == ["roster.uploaded", "roster.confirmed", "roster.merged"]
    assert "30" in entries[1].zh
    text = " ".join(entry.zh + entry.en for entry in entries)
    assert not any(number in text for _, number, *_ in PEOPLE)


def test_a_date_of_joining_in_the_file_is_when_it_was_asked_for(cast: Cast, officer: User) -> None:
    lines = [(*person(1)[:2], person(1)[2], "2026-03-05")]
    roster = services.upload(
        by=officer, at=AT, organisation=cast.tree["east-union"], file_name="a.csv",
        stream=as_csv(lines, headings=("姓名", "身份证号", "手机号", "入会日期")),
    )  # fmt: skip
    finish()
    merge(again(roster), by=officer)
    member = Member.objects.get()
    assert member.joined_on == ON
    assert member.applied_at == dt.datetime(2026, 3, 4, 16, tzinfo=dt.UTC)
