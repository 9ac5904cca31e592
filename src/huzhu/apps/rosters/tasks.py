"""The steps of long work: one piece a call, each in its own transaction with the cursor that tells of it."""

from __future__ import annotations

import atexit
import datetime as dt
import time
from collections import Counter

from django.db import transaction
from django.db.models import F

from huzhu.apps.audit.services import record
from huzhu.apps.jobs.models import Job
from huzhu.apps.jobs.services import advance, ask, handles
from huzhu.apps.members.models import Member
from huzhu.apps.rosters import matching, merging, register_tasks, services, verifying
from huzhu.apps.rosters.checking import Reading, file_problems, rows_of, since
from huzhu.apps.rosters.models import Likeness, Match, Roster, Row
from huzhu.apps.unions.models import User
from huzhu.apps.vault import files
from huzhu.bulk.problems import BadInput
from huzhu.rules.texts import Text

ALSO = (register_tasks,)  # whose steps are declared where they are read
CHUNK_ROWS = 1_000
MERGED_ROWS = 400  # fewer, because whoever saves a page meanwhile waits for the end of a piece
SKIPPED_CHUNKS = 20  # read again after a stop, before the lease is renewed


class _Open:
    """The one roster this process is reading, between two pieces of its work."""

    token = ""
    reading: Reading | None = None
    last_row = 0

    def of(self, job: Job, roster: Roster, at: dt.datetime) -> Reading:
        if self.reading is None or self.token != job.token:
            self.close()
            began = time.monotonic()

            def alive(_rows: int) -> None:
                with transaction.atomic():
                    advance(job=job, at=since(at, time.monotonic() - began), cursor=job.cursor)

            self.reading, self.token, self.last_row = Reading(roster, progress=alive), job.token, 0
        return self.reading

    def close(self) -> None:
        if self.reading is not None:
            self.reading.close()
        self.reading, self.token = None, ""


_open = _Open()
atexit.register(_open.close)


@handles(services.CHECK)
def check(job: Job, at: dt.datetime) -> bool:
    roster = Roster.objects.select_related("organisation").get(pk=job.arguments["roster"])
    if roster.state != Roster.State.CHECKING:
        _open.close()
        _forget_file(roster)
        return False
    try:
        return _check(job, roster, at)
    except BadInput as error:
        _open.close()
        with transaction.atomic():
            Roster.objects.filter(pk=roster.pk, state=Roster.State.CHECKING).update(
                state=Roster.State.REFUSED, problems=file_problems(error)
            )
            Row.objects.filter(roster=roster).delete()  # what was read before the file showed itself to be useless
            advance(job=job, at=at, cursor={"row": 0}, done=0, total=0)
        return True
    except BaseException:
        _open.close()
        raise


def _check(job: Job, roster: Roster, at: dt.datetime) -> bool:
    reading = _open.of(job, roster, at)
    if roster.total is None:
        total = reading.sheet.count()
        with transaction.atomic():
            Roster.objects.filter(pk=roster.pk).update(
                total=total, columns=list(reading.sheet.columns), ignored=list(reading.sheet.ignored)
            )
            advance(job=job, at=at, cursor={"row": 0}, done=0, total=total)
        return True
    written = job.cursor.get("row", 0)
    for _ in range(SKIPPED_CHUNKS):
        checked = reading.chunk()
        if checked is None or checked[-1][0].number > written:
            break
    else:
        with transaction.atomic():
            advance(job=job, at=at, cursor=job.cursor)
        return True
    if checked is None:
        with transaction.atomic():
            _end_check(job, roster, at)
        return True
    rows, states, codes = rows_of(roster=roster, checked=checked)
    with transaction.atomic():  # short: on SQLite all others who write wait for its end
        Row.objects.bulk_create(rows)
        Roster.objects.filter(pk=roster.pk).update(
            codes=dict(Counter(roster.codes) + codes), **{state: F(state) + many for state, many in states.items()}
        )
        advance(job=job, at=at, cursor={"row": checked[-1][0].number}, done=job.done + len(checked))
    return True


def _end_check(job: Job, roster: Roster, at: dt.datetime) -> None:
    _open.close()
    Roster.objects.filter(pk=roster.pk, state=Roster.State.CHECKING).update(state=Roster.State.MATCHING)
    by = job.asked_by
    ask(
        kind=services.MATCH, key=f"{services.MATCH}:{roster.pk}", by=by, at=at, arguments={"roster": str(roster.pk)},
        organisation=roster.organisation, total=roster.total,
    )  # fmt: skip
    advance(job=job, at=at, cursor=job.cursor)


def _forget_file(roster: Roster) -> None:
    """The file goes in a step of its own: where this process is killed on the way, it is done again."""
    if roster.file:
        files.delete(roster.file)
        Roster.objects.filter(pk=roster.pk).update(file="")


_trees: dict[str, matching.Tree] = {}


def _tree(job: Job, roster: Roster) -> matching.Tree:
    """As it was when this worker took the job."""
    if job.token not in _trees:
        _trees.clear()
        _trees[job.token] = matching.Tree(roster.organisation)
    return _trees[job.token]


@handles(services.MATCH)
def match(job: Job, at: dt.datetime) -> bool:
    roster = Roster.objects.select_related("organisation").get(pk=job.arguments["roster"])
    if roster.state != Roster.State.MATCHING:
        return False
    tree = _tree(job, roster)
    if job.cursor.get("linking"):
        return _link(job, roster, tree, at)
    rows = _next_rows(roster, job, Row.objects.exclude(state=Row.State.REFUSED))
    is_dropped = any(row.data is None for row in rows)
    found = matching.verdicts(rows=rows, tree=tree) if rows and not is_dropped else {}
    with transaction.atomic():
        _note_verdicts(rows, found)
        is_end = len(rows) < CHUNK_ROWS
        cursor = {"row": rows[-1].number if rows else job.cursor.get("row", 0), "linking": is_end}
        advance(job=job, at=at, cursor=cursor, done=min(job.done + len(rows), roster.total or 0))
    return True


def _next_rows(roster: Roster, job: Job, rows: object, *, at_most: int = CHUNK_ROWS) -> list[Row]:
    after = job.cursor.get("row", 0)
    return list(rows.filter(roster=roster, result="", number__gt=after).order_by("number")[:at_most])  # type: ignore[attr-defined]


def _note_verdicts(rows: list[Row], found: dict[object, matching.Verdict]) -> None:
    changed, matches = [], []
    for row in rows:
        verdict = found.get(row.pk)
        if verdict is None or verdict.member is None:
            continue
        if verdict.doubt:
            merging.make_doubtful(row=row, code=verdict.doubt)
            reasons = [[verdict.reason.zh, verdict.reason.en]] if verdict.reason else []
            matches.append(Match(row=row, member=verdict.member, score_per_mille=1000, reasons=reasons))
        else:
            row.plan = verdict.plan
            if row.state == Row.State.ACCEPTED or [problem["code"] for problem in row.problems or []] == [
                "identity_missing"
            ]:
                # Phone and name say who it is: the number is not needed.
                row.state, row.code, row.problems, row.member = Row.State.ACCEPTED, "", None, verdict.member
            else:
                matches.append(Match(row=row, member=verdict.member, score_per_mille=1000))
        changed.append(row)
    Row.objects.bulk_update(changed, ["state", "code", "problems", "plan", "member"], batch_size=100)
    Match.objects.bulk_create(matches, ignore_conflicts=True)


def _link(job: Job, roster: Roster, tree: matching.Tree, at: dt.datetime) -> bool:
    matches = matching.candidates(roster=roster, tree=tree)
    with transaction.atomic():
        Match.objects.bulk_create(matches, ignore_conflicts=True, batch_size=500)
        services.recount(roster=roster)
        Roster.objects.filter(pk=roster.pk, state=Roster.State.MATCHING).update(state=Roster.State.READY)
        advance(job=job, at=at, cursor=job.cursor, done=roster.total or 0)
    return False


@handles(services.MERGE)
def merge(job: Job, at: dt.datetime) -> bool:
    roster = Roster.objects.select_related("organisation").get(pk=job.arguments["roster"])
    if roster.state != Roster.State.MERGING:
        return False
    tree = _tree(job, roster)
    by = User.objects.filter(pk=roster.confirmed_by_id).first()
    with transaction.atomic():
        rows = _next_rows(roster, job, Row.objects.filter(state=Row.State.ACCEPTED), at_most=MERGED_ROWS)
        if not rows:
            _end_merge(job, roster, by, at)
            return False
        results, doubtful = merging.merge(roster=roster, tree=tree, rows=rows, by=by, at=roster.confirmed_at or at)
        Roster.objects.filter(pk=roster.pk).update(
            accepted=F("accepted") - doubtful, doubtful=F("doubtful") + doubtful,
            **{result: F(result) + many for result, many in results.items()},
        )  # fmt: skip
        done = job.done + len(rows)
        advance(job=job, at=at, cursor={"row": rows[-1].number}, done=done, total=max(job.total or 0, done))
    return True


def _end_merge(job: Job, roster: Roster, by: User | None, at: dt.datetime) -> None:
    services.recount(roster=roster)
    is_left = Row.objects.filter(
        roster=roster, state=Row.State.ACCEPTED, result=""
    ).exists()  # decided while others were merged
    Roster.objects.filter(pk=roster.pk).update(state=Roster.State.READY if is_left else Roster.State.DONE)
    services.forget(roster=roster, at=at, later=services.MENDED_WITHIN)
    advance(job=job, at=at, cursor=job.cursor)
    roster.refresh_from_db()
    figures = (roster.created, roster.updated, roster.transferred, roster.unchanged)
    words = Text(
        "名册“{}”已办完：新会员 {}，更新 {}，转入 {}，没有变化 {}".format(roster.file_name, *figures),
        "The roster “{}” is merged: {} new members, {} updated, {} transferred, {} unchanged".format(
            roster.file_name, *figures
        ),
    )
    record(by=by, at=at, act="roster.merged", words=words, about=roster, path=roster.organisation.path)


@handles(services.CLEAR)
def clear(job: Job, at: dt.datetime) -> bool:
    """Forget what the rows of a dropped or finished roster say."""
    roster = Roster.objects.filter(pk=job.arguments["roster"]).first()
    if roster is None:
        return False
    with transaction.atomic():
        piece = list(
            Row.objects.filter(roster=roster, number__gt=job.cursor.get("row", 0))
            .order_by("number")
            .values_list("pk", "number")[:CHUNK_ROWS]
        )
        if piece:
            Row.objects.filter(pk__in=[pk for pk, _ in piece]).update(
                data=None, problems=None, name="", name_key="", phone_index=None
            )
            advance(job=job, at=at, cursor={"row": piece[-1][1]}, done=job.done + len(piece))
            return True
        advance(job=job, at=at, cursor=job.cursor)
    _forget_file(roster)
    return False


@handles(verifying.VERIFY_ALL)
def verify_all(job: Job, at: dt.datetime) -> bool:
    """Every current member, in the order of keys; then those whom no register knows are compared by likeness."""
    after = job.cursor.get("member")
    if job.cursor.get("linking"):
        found = verifying.likenesses(at=at)
        with transaction.atomic():
            Likeness.objects.bulk_create(found, ignore_conflicts=True, batch_size=500)
            advance(job=job, at=at, cursor=job.cursor)
        return False
    with transaction.atomic():
        members = Member.objects.current().order_by("pk")
        piece = list((members.filter(pk__gt=after) if after else members)[:CHUNK_ROWS])
        verifying.verify_many(members=piece, at=at)
        is_end = len(piece) < CHUNK_ROWS
        cursor = {"member": str(piece[-1].pk) if piece else after, "linking": is_end}
        advance(job=job, at=at, cursor=cursor, done=job.done + len(piece))
    return True
