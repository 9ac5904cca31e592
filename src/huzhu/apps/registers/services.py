"""Setting registers up and bringing them up to date; only what changed is written."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from functools import partial
from typing import IO, Any

from django.db import transaction
from django.db.models import F

from huzhu.apps.audit.services import record
from huzhu.apps.jobs.models import Job
from huzhu.apps.jobs.services import again, ask
from huzhu.apps.registers.client import checked_url
from huzhu.apps.registers.models import Register, RegisterLoad, RegisterRow
from huzhu.apps.registers.queries import LOAD, SYNC, job_of
from huzhu.apps.unions.models import User, new_id
from huzhu.apps.vault import files
from huzhu.apps.vault.fields import index_of
from huzhu.rules.texts import Text
from huzhu.ui.refusals import Refusal

KEY, DIGEST = "registers.key", "registers.digest"


class CodeTaken(Refusal):
    text = Text("登记册代码“{code}”已有。", "There is already a register “{code}”.")


class NoServer(Refusal):
    text = Text("这个登记册没有接口，请上传文件。", "This register has no server: upload a file.")


class StillLoading(Refusal):
    text = Text(
        "这个登记册正在更新，请等它完成。", "This register is being brought up to date: wait until that is done."
    )


class SameFile(Refusal):
    text = Text("这个文件刚刚载入过，没有变化。", "This very file was the last to be loaded: nothing changes.")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a register says of one rider. Numbers come as keyed hashes."""

    name: str = ""
    name_key: str = ""
    platform: str = ""
    rider_no: str = ""
    identity_index: bytes | None = None
    identity_hash_index: bytes | None = None
    phone_index: bytes | None = None
    work_region: str = ""
    work_category: str = ""
    in_platform_name: bool | None = None
    vehicle: str = ""
    last_paid_order_on: dt.date | None = None
    orders_30d: int | None = None
    as_of: dt.date | None = None
    is_gone: bool = False

    def key(self) -> bytes | None:
        """What tells this rider from the register's others; None where nothing does."""
        for number in (self.identity_index, self.identity_hash_index):
            if number is not None and not self.rider_no:
                return index_of(f"{self.platform}\0{number.hex()}", purpose=KEY)
        if self.rider_no:
            return index_of(f"{self.platform}\0no\0{self.rider_no}", purpose=KEY)
        if self.phone_index is not None and self.name_key:
            return index_of(f"{self.platform}\0{self.phone_index.hex()}\0{self.name_key}", purpose=KEY)
        return None


@transaction.atomic
def create(
    *, by: User | None, at: dt.datetime, code: str, name: str, platform: str, kind: str, name_en: str = "", url: str = "", token: str = "",
    valid_days: int = 30,
) -> Register:  # fmt: skip
    """Set up a register. Raises CodeTaken, and Invalid for an address that is not to be asked."""
    if Register.objects.filter(code=code).exists():
        raise CodeTaken(field="code", code=code)
    register = Register(
        code=code, name=name, name_en=name_en, platform=platform, kind=kind, valid_days=valid_days, created_at=at,
        url=checked_url(url=url) if kind == Register.Kind.HTTP else "",
    )  # fmt: skip
    register.token = token or None
    register.save(force_insert=True)
    words = Text(f"建立登记册“{name}”（{code}）", f"Set up the register “{name_en or name}” ({code})")
    record(by=by, at=at, act="register.created", words=words, about=register)
    return register


@transaction.atomic
def upload(*, by: User | None, at: dt.datetime, register: Register, stream: IO[bytes], file_name: str) -> Job:
    """Store a file of the whole register and ask for it to be loaded. Raises SameFile, StillLoading."""
    register = _free(register)
    digest = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
    stream.seek(0)
    last = RegisterLoad.objects.filter(register=register).exclude(ended_at=None).order_by("-asked_at").first()
    if last is not None and last.sha256 == digest and register.state == Register.State.DONE:
        raise SameFile
    load = RegisterLoad(register=register, file_name=file_name, sha256=digest, asked_by=by, asked_at=at)
    load.file = files.store(stream, register.place)
    load.save(force_insert=True)
    words = Text(
        f"上传登记册“{register.name}”的文件", f"Uploaded a file of the register “{register.name_en or register.name}”"
    )
    return _asked(LOAD, load, words)


@transaction.atomic
def sync(*, by: User | None, at: dt.datetime, register: Register) -> Job:
    """Ask the platform's server for what changed. Raises NoServer, StillLoading."""
    register = _free(register)
    if register.kind != Register.Kind.HTTP:
        raise NoServer
    load = RegisterLoad.objects.create(register=register, asked_by=by, asked_at=at)
    words = Text(
        f"更新登记册“{register.name}”", f"Brought the register “{register.name_en or register.name}” up to date"
    )
    return _asked(SYNC, load, words)


@transaction.atomic
def retry(*, job: Job, at: dt.datetime) -> None:
    """Let a load that stopped go on from where it was."""
    load = RegisterLoad.objects.select_related("register").get(pk=job.arguments["load"])
    Register.objects.filter(pk=load.register_id).update(state=Register.State.RUNNING, error_zh="", error_en="")
    again(job=job, at=at)


def _free(register: Register) -> Register:
    register = Register.objects.select_for_update().get(pk=register.pk)
    job = job_of(register=register)
    if register.state == Register.State.RUNNING and (job is None or job.state != Job.State.FAILED):
        raise StillLoading
    return register


def _asked(kind: str, load: RegisterLoad, words: Text) -> Job:
    register, by, at = load.register, load.asked_by, load.asked_at
    Register.objects.filter(pk=register.pk).update(state=Register.State.RUNNING, error_zh="", error_en="")
    for given_up in RegisterLoad.objects.filter(register=register, ended_at=None).exclude(pk=load.pk).exclude(file=""):
        RegisterLoad.objects.filter(pk=given_up.pk).update(file="")
        transaction.on_commit(partial(files.delete, given_up.file))
    job = ask(
        kind=kind, key=f"{kind}:{load.pk}", by=by, at=at, arguments={"load": str(load.pk), "register": str(register.pk)}
    )
    record(by=by, at=at, act="register.load_asked", words=words, about=register)
    return job


def put(*, load: RegisterLoad, facts: Iterable[Facts], at: dt.datetime, on: dt.date, refused: int = 0) -> list[bytes]:
    """Write one piece of a load, in the caller's transaction: new rows and changed ones. The keys that were in it."""
    wanted: dict[bytes, Facts] = {}
    read = refused
    for one in facts:
        read += 1
        key = one.key()
        if key is None:
            refused += 1
        else:
            wanted[key] = one
    known = {row.key: row for row in RegisterRow.objects.filter(register_id=load.register_id, key__in=list(wanted))}
    new: list[RegisterRow] = []
    changed: list[RegisterRow] = []
    gone = 0
    for key, one in wanted.items():
        row = known.get(key)
        if one.is_gone:
            gone += row is not None and row.gone_at is None
            if row is not None and row.gone_at is None:
                row.gone_at = at
                changed.append(row)
            continue
        digest = _digest(one, on)
        if row is not None and row.digest == digest and row.gone_at is None:
            continue
        row = row or RegisterRow(id=new_id(), register_id=load.register_id, key=key)
        _fill(row, one, digest=digest, at=at, on=on)
        (changed if key in known else new).append(row)
    RegisterRow.objects.bulk_create(new)
    RegisterRow.objects.bulk_update(changed, FIELDS, batch_size=200)
    RegisterLoad.objects.filter(pk=load.pk).update(
        read=F("read") + read, added=F("added") + len(new), changed=F("changed") + len(changed) - gone,
        gone=F("gone") + gone, refused=F("refused") + refused,
    )  # fmt: skip
    return list(wanted)


FIELDS = [
    "digest", "platform", "rider_no", "name", "name_key", "identity_index", "identity_hash_index", "phone_index", "work_region",
    "work_category", "in_platform_name", "vehicle", "last_paid_order_on", "orders_30d", "as_of", "gone_at", "changed_at",
]  # fmt: skip


def _digest(one: Facts, on: dt.date) -> bytes:
    said: dict[str, Any] = asdict(one) | {"as_of": str(one.as_of or on)}
    words = json.dumps(
        said, default=lambda value: value.hex() if isinstance(value, bytes) else str(value), sort_keys=True
    )
    return index_of(words, purpose=DIGEST)


def _fill(row: RegisterRow, one: Facts, *, digest: bytes, at: dt.datetime, on: dt.date) -> None:
    for name, value in asdict(one).items():
        if name != "is_gone":
            setattr(row, name, value)
    row.as_of = one.as_of or on
    row.digest, row.gone_at, row.changed_at = digest, None, at


def mark_gone(*, load: RegisterLoad, seen: Collection[bytes], after: str, at: dt.datetime, rows: int = 1000) -> str:
    """Mark, of one piece of the register's rows, those that a whole file did not list; the last row's key, "" at the end."""
    found = RegisterRow.objects.filter(register_id=load.register_id).order_by("pk")
    if after:
        found = found.filter(pk__gt=after)
    piece = list(found.values_list("pk", "key", "gone_at")[:rows])
    gone = [pk for pk, key, gone_at in piece if gone_at is None and bytes(key)[:8] not in seen]
    RegisterRow.objects.filter(pk__in=gone).update(gone_at=at, changed_at=at)
    RegisterLoad.objects.filter(pk=load.pk).update(gone=F("gone") + len(gone))
    return str(piece[-1][0]) if len(piece) == rows else ""


def finish(*, load: RegisterLoad, at: dt.datetime, cursor: str = "") -> None:
    """The load has come to its end, in the caller's transaction; its file is no longer needed (`forget_file`)."""
    ended = RegisterLoad.objects.filter(pk=load.pk, ended_at=None).update(ended_at=at)
    if not ended:
        return
    load.refresh_from_db()
    Register.objects.filter(pk=load.register_id).update(
        state=Register.State.DONE, loaded_at=at, loads=F("loads") + 1, cursor=cursor, error_zh="", error_en=""
    )
    name, figures = load.register, (load.added, load.changed, load.gone)
    words = Text(
        "登记册“{}”已更新：新增 {}，变更 {}，移出 {}".format(name.name, *figures),
        "The register “{}” is up to date: {} added, {} changed, {} gone".format(name.name_en or name.name, *figures),
    )
    record(by=load.asked_by, at=at, act="register.loaded", words=words, about=name)


def forget_file(*, load: RegisterLoad) -> None:
    """Once the end of the load is committed. Done again where it was cut short."""
    if load.file:
        files.delete(load.file)
        RegisterLoad.objects.filter(pk=load.pk).update(file="")


@transaction.atomic
def fail(*, load: RegisterLoad, error: Text) -> None:
    Register.objects.filter(pk=load.register_id).update(
        state=Register.State.FAILED, error_zh=error.zh[:400], error_en=error.en[:400]
    )
