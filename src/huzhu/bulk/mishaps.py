"""What a damaged file, a full disk or an interruption does to a run, told as the refusal of a file and not as a fault of ours."""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from huzhu.bulk.problems import BadInput, Problem
from huzhu.rules.texts import Text

# What DuckDB raises for the content of a file. Its other errors are for a query of ours that is wrong.
DAMAGED = (
    duckdb.InvalidInputException,
    duckdb.IOException,
    duckdb.SerializationException,
    duckdb.InternalException,  # a damaged footer trips it
)
NUMBER = re.compile(r'"errno":"([0-9]+)"|\(os error ([0-9]+)\)|\[[Ee]rrno ([0-9]+)\]')
REASONS = {
    errno.ENOSPC: "磁盘已满",
    errno.EDQUOT: "磁盘配额已用完",
    errno.EFBIG: "文件太大",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EROFS: "只读",
    errno.ENOENT: "没有这个文件或文件夹",
    errno.EEXIST: "已有同名的文件",
    errno.ENOTDIR: "不是文件夹",
    errno.EISDIR: "是文件夹",
    errno.EIO: "磁盘读写出错",
}


@contextmanager
def told(*, reading: Path, writing: Path | None = None) -> Iterator[None]:
    """Raises BadInput in place of what the machine or the file's content does to the block."""
    try:
        yield
    except BadInput:
        raise
    except Exception as error:
        said = _mishap(error)
        if said is not None:
            raise BadInput(file=str(writing or reading), problems=[Problem(said)]) from None
        if type(error) is duckdb.Error or isinstance(error, DAMAGED):
            raise damaged(reading, error) from None
        if isinstance(error, duckdb.InterruptException) or str(error) == "Query interrupted":
            raise KeyboardInterrupt from None
        raise


def _mishap(error: Exception) -> Text | None:
    if isinstance(error, (duckdb.OutOfMemoryException, MemoryError)):
        return Text("内存或临时文件的空间不够", "not enough memory, or not enough room for temporary files")
    found = NUMBER.search(str(error))
    number = int(next(filter(None, found.groups()))) if found else None
    if isinstance(error, OSError) and error.errno is not None:
        number = error.errno
    if number == errno.ENOENT and "temporary directory" in str(error):
        return Text("没有可用的临时文件夹：磁盘可能已满", "no usable folder for temporary files: the disk may be full")
    if number is not None:
        return Text(f"无法读写：{REASONS.get(number, os.strerror(number))}", f"cannot be used: {os.strerror(number)}")
    # XlsxWriter's own errors, told by their home: loading it for a comparison would slow every start.
    if isinstance(error, OSError) or type(error).__module__.startswith("xlsxwriter."):
        return Text(f"无法读写：{error}", f"cannot be used: {error}")
    return None


def damaged(path: Path, error: Exception) -> BadInput:
    """The refusal of a file that begins well and cannot be read to its end."""
    detail = str(error).partition("\n")[0]
    said = Text(
        f"文件不完整或已损坏，无法读取：请重新下载或导出（{detail}）",
        f"the file is cut short or damaged and cannot be read: download or export it again ({detail})",
    )
    return BadInput(file=str(path), problems=[Problem(said)])


def refusal(error: OSError) -> BadInput:
    """The refusal of the file that an error of the system names."""
    said = _mishap(error)
    assert said is not None
    return BadInput(file=str(error.filename or "-"), problems=[Problem(said)])


def check_writable(path: Path) -> None:
    """BadInput where no file can be made in the folder of `path`: better now than after an hour's work."""
    with told(reading=path), tempfile.TemporaryFile(dir=path.resolve().parent):
        pass
