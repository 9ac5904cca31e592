"""Reads a spreadsheet that anyone may have sent, in a child process with limits: whatever the file does to its reader,
this process lives on and can say what is wrong with the file and what to do about it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from huzhu.bulk.csvfiles import NO_HEADER, NO_ROWS, header_problems, kind_problem
from huzhu.bulk.problems import BadInput, Problem
from huzhu.rules.texts import Text

CHILD = Path(__file__).with_name("workbook_child.py")
FILE_BYTES_AT_MOST = 200 << 20
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")


@dataclass(frozen=True, slots=True)
class Limits:
    """What the child may use. A million rows of six columns need 0.65 GiB of address space and 13 s."""

    memory_bytes: int = 1 << 30
    seconds: int = 120


LIMITS = Limits()

SAVE_AS_CSV = Text("或者另存为 CSV 再读入", "or save it as CSV and read that")
SENTENCES = {
    "too_many_parts": Text(
        "不是正常的工作簿：里面有 {parts} 个部件，最多 {most} 个",
        "not an ordinary workbook: it has {parts} parts inside, at most {most} are read",
    ),
    "odd_parts": Text(
        "不是正常的工作簿：内部部件的名称、路径或压缩方式不正常（{part}）。请用 Excel 或 WPS 打开后另存为 .xlsx",
        "not an ordinary workbook: a part inside has an unusual name, path or compression ({part}). "
        "Open it in Excel or WPS and save it as .xlsx again",
    ),
    "bomb": Text(
        "压缩包解开后有 {inflated_bytes} 字节，而文件只有 {file_bytes} 字节：像是压缩炸弹，没有打开",
        "it would inflate to {inflated_bytes} bytes from a file of {file_bytes}: this looks like a zip bomb and was "
        "not opened",
    ),
    "encrypted": Text(
        "工作簿有密码保护：请去掉打开密码后另存为 .xlsx", "the workbook has a password: save it as .xlsx without one"
    ),
    "old_format": Text(
        "这是旧的 .xls 格式（Excel 97-2003）：请另存为 .xlsx",
        "this is the old .xls format (Excel 97-2003): save it as .xlsx",
    ),
    "xlsb": Text("这是二进制工作簿 .xlsb：请另存为 .xlsx", "this is a binary workbook (.xlsb): save it as .xlsx"),
    "not_a_workbook": Text(
        "是 zip 压缩包，但里面没有 Excel 工作簿", "a zip archive, but there is no Excel workbook inside it"
    ),
    "damaged": Text(
        "文件不完整或已损坏，无法读取（{detail}）：请重新下载或导出",
        "the file is cut short or damaged and cannot be read ({detail}): download or export it again",
    ),
    "doctype": Text(
        "工作簿的 XML 里声明了文档类型或实体，正常的工作簿不会有：没有打开",
        "the workbook's XML declares a document type or entities, which no ordinary workbook does: it was not opened",
    ),
    "no_sheet": Text("工作簿里没有可见的工作表", "the workbook has no visible sheet"),
    "empty_sheet": Text(
        "第一张可见的工作表是空的：第 1 行应当是列名", "the first visible sheet is empty: row 1 must name the columns"
    ),
    "no_header": NO_HEADER,
    "no_rows": NO_ROWS,
    "header_not_text": Text(
        "第 1 行应当是列名（文字），这里是数值或日期：表头必须在第 1 行",
        "row 1 must hold the names of the columns as text, and this is a number or a date: the header must be in row 1",
    ),
    "nameless": Text("有值，但第 1 行没有这一列的列名", "a value in a column that has no name in row 1"),
    "merged": Text(
        "数据区里有合并单元格：请取消合并，并在每个单元格里填上值",
        "merged cells in the table: unmerge them and fill in every cell",
    ),
    "formulas": Text(
        "公式没有保存结果：请用 Excel 或 WPS 打开，重新计算后保存，或者粘贴为数值",
        "a formula without a stored result: open the file in Excel or WPS and save it, or paste the values",
    ),
    "error_cells": Text(
        "单元格是错误值（如 #REF!、#N/A）：请改正或清空",
        "the cell holds an error such as #REF! or #N/A: correct or clear it",
    ),
    "long_numbers": Text(
        "超过 15 位的数字被存成了数值，电子表格已把末尾几位变成 0：请把这一列设为文本，重新填写",
        "a number of more than 15 digits was stored as a number and the spreadsheet has lost its last digits: "
        "format the column as text and enter it again",
    ),
    "far": Text(
        "表格一直延伸到这个单元格，读取时需要的内存超过上限：请删除远处多余的单元格（删除整行、整列）后保存，",
        "the sheet reaches as far as this cell, which needs more memory than is allowed: delete the stray far cells "
        "(whole rows and columns) and save, ",
    ),
    "memory": Text(
        "读取这个工作簿需要的内存超过上限（{memory_mib} MiB）：请删除远处多余的单元格（删除整行、整列）后保存，",
        "the workbook needs more memory than is allowed ({memory_mib} MiB): delete stray far cells (whole rows and "
        "columns) and save, ",
    ),
    "time": Text(
        "读取这个工作簿超过了 {seconds} 秒：请只留下要用的工作表和列，",
        "reading the workbook took more than {seconds} seconds: keep only the sheet and columns that are needed, ",
    ),
    "stopped": Text(
        "读取这个工作簿的进程被中止（信号 {signal}）：文件可能已损坏，或需要的内存过多；请打开后重新保存，",
        "reading the workbook was stopped (signal {signal}): the file may be damaged or need too much memory; open it "
        "and save it again, ",
    ),
    "too_big": Text(
        "文件有 {file_bytes} 字节，最多读取 {most} 字节的工作簿：请拆分，",
        "the file has {file_bytes} bytes, workbooks of at most {most} are read: split it, ",
    ),
}
WITH_CSV_ADVICE = frozenset({"far", "memory", "time", "stopped", "too_big"})


def read_workbook(
    *,
    path: Path,
    into: Path,
    progress: Callable[[int], None] | None = None,
    limits: Limits = LIMITS,
    child: Path = CHILD,
) -> list[str]:
    """Writes the first visible sheet to `into`, a Parquet file, and returns its column names.

    Every column is text, as a person sees it: trimmed; dates `2024-02-29`, moments `2024-02-29T13:05:07`, booleans
    `true` and `false`, numbers in plain digits with at most 15 of them; empty cells null. Wholly empty rows are left
    out, and the last column, `__row`, is the sheet's own row number. `progress` is called with the rows written so
    far. Another `child` reads the sheet in its own way and says what `workbook_child` would. Raises BadInput, and then
    there is no `into`."""
    is_done = False
    try:
        _check_kind(path)
        with _Child(path, into, limits, child) as reading:
            header = reading.listen(progress)
        is_done = True
    finally:
        if not is_done:
            into.unlink(missing_ok=True)
    return header


def _check_kind(path: Path) -> None:
    file_bytes = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(4096)
        if head.startswith(OLE):
            raise _refusal(path, "encrypted" if _holds(file, ENCRYPTED_STREAM) else "old_format")
    problem = kind_problem(head, is_workbook=True)
    if problem is not None:
        raise BadInput(file=str(path), problems=[problem])
    if file_bytes > FILE_BYTES_AT_MOST:
        raise _refusal(path, "too_big", file_bytes=file_bytes, most=FILE_BYTES_AT_MOST)


def _holds(file: IO[bytes], wanted: bytes) -> bool:
    file.seek(0)
    tail = b""
    while chunk := file.read(1 << 20):
        if wanted in tail + chunk:
            return True
        tail = chunk[-len(wanted) :]
    return False


class _Child:
    """The process that reads `path`, and what it says. It never outlives the `with` block."""

    def __init__(self, path: Path, into: Path, limits: Limits, child: Path) -> None:
        # By path and not by name, so that the package's own imports do not use up the child's memory; -P keeps the
        # script's folder out of the import path.
        limit_words = [str(limits.memory_bytes), str(limits.seconds)]
        command = [sys.executable, "-P", str(child), str(path.absolute()), str(into.absolute()), *limit_words]
        # One thread and one heap: address space is what is limited, and each thread would reserve its own.
        one_heap = {"ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "1", "OMP_NUM_THREADS": "1"}
        imports = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONUTF8": "1"}
        self.path = path
        self.limits = limits
        self.complaints = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __exit__
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.complaints,
            env={**os.environ, **one_heap, **imports},
        )
        self.is_late = False
        self.alarm = threading.Timer(limits.seconds, self.stop)
        self.alarm.daemon = True

    def __enter__(self) -> Self:
        self.alarm.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.alarm.cancel()
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.complaints.close()

    def stop(self) -> None:
        self.is_late = True
        self.process.kill()

    def listen(self, progress: Callable[[int], None] | None) -> list[str]:
        """The header, once the child has said that all is written."""
        header: list[str] = []
        for raw in self.process.stdout or ():
            if not raw.endswith(b"\n"):  # it was stopped in the middle of a word
                break
            line = json.loads(raw)
            if "header" in line:
                header = line["header"]
                problems = header_problems(header)
                if problems:
                    raise BadInput(file=str(self.path), problems=problems)
            elif "refused" in line:
                facts = {"memory_mib": self.limits.memory_bytes >> 20, **line["facts"]}
                raise _refusal(self.path, line["refused"], line["cells"], line["total"], **facts)
            elif "done" in line:
                return header
            elif progress is not None:
                progress(line["rows"])
        raise self.ending()

    def ending(self) -> Exception:
        """Why the child is gone without a last word."""
        status = self.process.wait()
        memory_mib = self.limits.memory_bytes >> 20
        if self.is_late or status == -signal.SIGXCPU:
            return _refusal(self.path, "time", seconds=self.limits.seconds)
        if status == -signal.SIGABRT:  # what an allocation beyond the limit does to the reader
            return _refusal(self.path, "memory", memory_mib=memory_mib)
        if status < 0:
            return _refusal(self.path, "stopped", signal=-status)
        self.complaints.seek(0)
        said = self.complaints.read(1 << 20).decode(errors="replace")
        if "MemoryError" in said or "failed to map segment" in said:  # it ran out before it could say so
            return _refusal(self.path, "memory", memory_mib=memory_mib)
        return RuntimeError(f"reading {self.path} failed with status {status}:\n{said[-2000:]}")


def _refusal(
    path: Path, kind: str, cells: Sequence[Sequence[str]] = (), total: int = 1, **facts: str | int
) -> BadInput:
    sentence = SENTENCES[kind]
    advice = SAVE_AS_CSV if kind in WITH_CSV_ADVICE else Text("", "")
    expected = Text(sentence.zh.format(**facts) + advice.zh, sentence.en.format(**facts) + advice.en)
    problems = [_at(cell, value, expected) for cell, value in cells] or [Problem(expected)]
    return BadInput(file=str(path), problems=problems, total=total)


def _at(cell: str, value: str, expected: Text) -> Problem:
    match = re.fullmatch(r"([A-Z]+)([0-9]+)", cell)
    if match is None:
        return Problem(expected, value=value or cell or None)
    return Problem(expected, row=int(match[2]), column=match[1], value=value or None)
