"""The policy document that goes with every file of decisions: in a Parquet file's metadata, beside any other."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from huzhu.bulk.problems import BadInput, Problem
from huzhu.rules import documents
from huzhu.rules.errors import RuleError
from huzhu.rules.program import Program
from huzhu.rules.texts import Text

KEY = "huzhu_policy"
SIDECAR = ".policy.json"


@dataclass(frozen=True, slots=True)
class Stored:
    """What decided a file: the program, its version, and the date that `--on` filled in, if any."""

    program: Program
    version: str
    on: str | None


def written(program: Program, on: str | None) -> str:
    """The text kept with a file of decisions."""
    document = documents.document(program)
    kept = {"policy_version": documents.version(document), "on": on, "document": document}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True)


def sidecar(path: Path) -> Path:
    """Where the document of a file or folder that cannot carry it is kept: `decided.csv` and `decided.csv.policy.json`."""
    return path.with_name(path.name + SIDECAR)


def read(path: Path) -> Stored:
    """The document kept with a file of decisions. BadInput where there is none, or where it was altered."""
    try:
        kept = json.loads(_text(path))
        document = kept["document"]
        program = documents.program(document)
        version = documents.version(document)
    except (RuleError, ValueError, KeyError, TypeError) as error:
        said = Text(f"所附的政策文件无法使用：{error}", f"the policy document kept with it cannot be used: {error}")
        raise BadInput(file=str(path), problems=[Problem(said)]) from None
    if version != kept["policy_version"]:
        said = Text(
            f"所附的政策文件与其版本号不符：内容为 {version}，版本号为 {kept['policy_version']}",
            f"the policy document was altered: its content is version {version}, it says {kept['policy_version']}",
        )
        raise BadInput(file=str(path), problems=[Problem(said)])
    return Stored(program, version, kept["on"])


def _text(path: Path) -> str:
    if not path.exists():
        raise BadInput(file=str(path), problems=[Problem(Text("没有这个文件", "there is no such file"))])
    beside = sidecar(path)
    if beside.exists():
        return beside.read_text(encoding="utf-8")
    if path.suffix.lower() == ".parquet" and path.is_file():
        try:
            metadata = pq.read_metadata(path).metadata or {}
        except (OSError, ValueError) as error:
            said = Text(f"不是完整的 Parquet 文件：{error}", f"not a whole Parquet file: {error}")
            raise BadInput(file=str(path), problems=[Problem(said)]) from None
        if KEY.encode() in metadata:
            return bytes(metadata[KEY.encode()]).decode()
    said = Text(
        f"没有所附的政策文件（Parquet 的元数据，或 {beside.name}），无法重算",
        f"no policy document is kept with it (in a Parquet file's metadata, or as {beside.name}), so nothing can be decided again",
    )
    raise BadInput(file=str(path), problems=[Problem(said)])
