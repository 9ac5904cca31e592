"""Looks at a CSV file before anything reads it: what it really is, its encoding, delimiter and header, and, when a
reader stumbles, which rows are at fault. A file of any size is read in pieces."""

from __future__ import annotations

import codecs
import csv
import io
import re
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TextIO

from huzhu.bulk.one_file import exactly
from huzhu.bulk.problems import SHOWN_AT_MOST, BadInput, Problem
from huzhu.rules.texts import Text

HEAD_BYTES = PIECE_BYTES = 1 << 20
LINE_BYTES_AT_MOST = 1 << 20
RECORD_CHARS_AT_MOST = 2_000_000  # what DuckDB reads, too
COLUMNS_AT_MOST = 2_000
ROW = "__row"
SPACES = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())

# A cell that a spreadsheet would take for a formula: blanks, then one of these signs, plain or full-width, or a tab or
# a line break. What we write has an apostrophe in front of it, and what we read loses that again. Apostrophes are
# counted in, so that a text that had one of its own keeps it. Python, Arrow and DuckDB read the pattern alike.
FORMULA = f"'*[{SPACES}\u200b\ufeff]*[=+\\-@＝＋－＠\t\n\r\\x00]"
GUARDED = re.compile("'" + FORMULA)

NO_HEADER = Text("第 1 行没有列名：表头必须在第 1 行", "row 1 has no column names: the header must be in row 1")
NO_ROWS = Text("只有表头，没有数据行", "there is a header but no rows below it")

CHANCE_BYTES = 8  # continuation bytes of UTF-8 that a GB18030 file may show by chance before it shows what it is

# How a file of another kind begins, what it is, and what to do about it.
KINDS = {
    b"PK\x03\x04": Text("Excel 工作簿：请把后缀改为 .xlsx", "an Excel workbook: change the suffix to .xlsx"),
    b"PK\x05\x06": Text("空的 zip 压缩包", "an empty zip archive"),
    b"PAR1": Text("Parquet 文件：请把后缀改为 .parquet", "a Parquet file: change the suffix to .parquet"),
    b"\xd0\xcf\x11\xe0": Text(
        "旧的 .xls 工作簿或加密的工作簿：请另存为 .xlsx",
        "an old .xls workbook or one with a password: save it as .xlsx",
    ),
    b"%PDF": Text("PDF 文件", "a PDF file"),
    b"\x1f\x8b": Text("gzip 压缩文件：请先解压", "a gzip archive: unpack it first"),
    b"\xff\xfe": Text("UTF-16 文本：请另存为“CSV UTF-8”", "text in UTF-16: save it as “CSV UTF-8”"),
    b"\xfe\xff": Text("UTF-16 文本：请另存为“CSV UTF-8”", "text in UTF-16: save it as “CSV UTF-8”"),
}
ZIP = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class CsvShape:
    """How to read a CSV file. `needs_copy`: `to_utf8` must make a plain copy of it first, because of its encoding, its
    line ends or blank lines that would shift the row numbers."""

    columns: tuple[str, ...]
    delimiter: str
    encoding: Literal["utf-8", "gb18030"]
    needs_copy: bool

    def reader(self, path: Path) -> str:
        """The DuckDB table function that reads `path`, a plain file, all columns as text. It fails on the first row
        that does not fit; storing rejects instead took 17 GB and two minutes for 12 MB of short rows."""
        columns = ", ".join(f"{_literal(name)}: 'VARCHAR'" for name in self.columns)
        return (
            f"read_csv({exactly(path)}, hive_partitioning = false, columns = {{{columns}}}, header = true, "
            f"delim = {_literal(self.delimiter)}, "
            "quote = '\"', escape = '\"', auto_detect = false, strict_mode = true, null_padding = false)"
        )

    def select(self, path: Path) -> str:
        """A query for `path`, a plain file, that gives what `read_workbook` gives for a sheet: trimmed text or null,
        no wholly empty rows, and `__row`, the row's number with the header as row 1. Texts lose the apostrophe that
        `write_csv` puts in front of what looks like a formula."""
        names = [_name(name) for name in self.columns]
        trimmed = ", ".join(f"{_trimmed(name)} AS {name}" for name in names)
        return (
            f"SELECT * FROM (SELECT {trimmed}, row_number() OVER () + 1 AS {_name(ROW)} FROM {self.reader(path)}) "
            f"WHERE COALESCE({', '.join(names)}) IS NOT NULL"
        )

    def refusal(self, path: Path, error: Exception) -> BadInput:
        """Why reading `path`, the file as it came, ended with `error`: the rows that do not fit, or what was said."""
        problems: list[Problem] = []
        total = 0
        for row, fields in _records(path, self):
            found = _row_problem(row, fields, self)
            if found is None:
                continue
            total += 1
            if len(problems) < SHOWN_AT_MOST:
                problems.append(found)
            if fields is None:  # after a quote that goes wrong, where the rows begin is a guess
                break
        if not problems:
            said = str(error).strip().partition("\n")[0]
            problems, total = [Problem(Text(f"无法按 CSV 读取：{said}", f"cannot be read as CSV: {said}"))], 1
        return BadInput(file=str(path), problems=problems, total=total)


def check_csv(*, path: Path) -> CsvShape:
    """Reads the whole file once, in pieces. Raises BadInput for what is no CSV, an encoding other than UTF-8 and
    GB18030, and a header that is missing or ambiguous."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    problem = kind_problem(head, is_workbook=False)
    if problem is not None:
        raise BadInput(file=str(path), problems=[problem])
    plain = _is_plain(path)
    encoding = _encoding(path)
    text = codecs.getincrementaldecoder("utf-8-sig" if encoding == "utf-8" else encoding)().decode(head)
    delimiter, columns, rest = _header(path, text.removeprefix("\ufeff"))
    if not rest.strip() and not _has_more(path):
        raise _bad(path, NO_ROWS)
    return CsvShape(columns, delimiter, encoding, needs_copy=not plain or encoding != "utf-8")


def to_utf8(*, path: Path, into: Path, shape: CsvShape) -> None:
    """Writes a plain copy: UTF-8 without a byte order mark, all lines ending alike, and each blank line as a row of
    empty values, so that record n is row n of the file. `shape` reads the copy as well."""
    with into.open("w", encoding="utf-8", newline="") as copy:
        if _is_plain(path):
            with _opened(path, shape.encoding) as file:
                shutil.copyfileobj(file, copy, PIECE_BYTES)
            return
        # All values quoted, because older Pythons leave a carriage return inside a value without quotes.
        writer = csv.writer(copy, delimiter=shape.delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
        for _, fields in _records(path, shape):
            if fields is None:
                raise shape.refusal(path, ValueError("quote"))
            writer.writerow([""] * len(shape.columns) if _is_blank(fields) else fields)


def kind_problem(head: bytes, *, is_workbook: bool) -> Problem | None:
    """What is wrong with a file that begins with `head`, when it is not what its name says. Workbooks are zip files."""
    if not head:
        return Problem(Text("文件是空的", "the file is empty"))
    if is_workbook and head.startswith(ZIP):
        return None
    found = next((said for magic, said in KINDS.items() if head.startswith(magic)), None)
    if found is None and not is_workbook:
        return None
    if found is None and b"\0" in head:
        found = Text("别的内容", "something else")
    if found is None:
        found = Text("文本：如果是 CSV，请把后缀改为 .csv", "text: if it is CSV, change the suffix to .csv")
    if is_workbook:
        return Problem(Text(f"不是 .xlsx 工作簿，而是{found.zh}", f"not an .xlsx workbook but {found.en}"))
    return Problem(Text(f"不是 CSV 文件，而是{found.zh}", f"not a CSV file but {found.en}"))


def header_problems(names: Sequence[str]) -> list[Problem]:
    """Why `names`, already trimmed, cannot be the columns of a table."""
    if not any(letter.isalpha() for name in names for letter in name):
        return [Problem(NO_HEADER, row=1)]
    if len(names) > COLUMNS_AT_MOST:
        return [Problem(Text(f"最多 {COLUMNS_AT_MOST} 列", f"at most {COLUMNS_AT_MOST} columns are read"), row=1)]
    problems = [
        Problem(Text(f"第 {number} 列没有列名", f"column {number} has no name"), row=1)
        for number, name in enumerate(names, start=1)
        if not name
    ]
    # Columns are told apart without regard to case, as DuckDB does.
    seen = Counter(name.casefold() for name in names if name)
    problems += [
        Problem(
            Text("列名重复（不区分大小写）", "the name of more than one column (case does not count)"),
            row=1,
            column=name,
        )
        for name in dict.fromkeys(names)
        if name and seen[name.casefold()] > 1
    ]
    if ROW in seen:
        problems.append(Problem(Text("这个列名留给行号使用", "this name is kept for row numbers"), row=1, column=ROW))
    return problems


def unguarded(text: str) -> str:
    """Without the apostrophe that `write_csv` puts in front of what looks like a formula."""
    return text[1:] if GUARDED.match(text) else text


def _is_plain(path: Path) -> bool:
    """Whether all lines end alike and none is blank. Raises BadInput for NUL bytes and endless lines."""
    has_lf = has_crlf = has_cr = has_blank = False
    since_break = 0
    tail = b""
    with path.open("rb") as file:
        while chunk := file.read(PIECE_BYTES):
            if chunk.endswith(b"\r"):
                chunk += file.read(1)
            if b"\0" in chunk:
                raise _bad(path, Text("含有 NUL 字节，不是文本文件", "it has NUL bytes, so it is not text"))
            breaks = [at for at in (chunk.find(b"\n"), chunk.find(b"\r")) if at >= 0]
            if since_break + min(breaks, default=len(chunk)) > LINE_BYTES_AT_MOST:
                most = LINE_BYTES_AT_MOST
                raise _bad(path, Text(f"有一行超过 {most} 字节", f"a line has more than {most} bytes"))
            last = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
            since_break = len(chunk) - last - 1 if breaks else since_break + len(chunk)
            pairs = chunk.count(b"\r\n") if b"\r" in chunk else 0
            has_crlf = has_crlf or pairs > 0
            has_lf = has_lf or (chunk.count(b"\n") > pairs if pairs else b"\n" in chunk)
            has_cr = has_cr or chunk.count(b"\r") > pairs
            seam = tail + chunk
            has_blank = has_blank or b"\n\n" in seam or b"\n\r\n" in seam
            tail = chunk[-2:]
    return not has_cr and not has_blank and not (has_lf and has_crlf)


def _encoding(path: Path) -> Literal["utf-8", "gb18030"]:
    fault = _first_fault(path, "utf-8")
    if fault is None:
        return "utf-8"
    row, seen_bytes = fault
    if seen_bytes >= CHANCE_BYTES:
        raise _bad(path, Text("这一行有损坏的 UTF-8 字节", "broken UTF-8 bytes in this line"), row=row)
    fault = _first_fault(path, "gb18030")
    if fault is None:
        return "gb18030"
    said = Text(
        "这一行既不是 UTF-8 也不是 GB18030（GBK）：请另存为“CSV UTF-8”",
        "this line is neither UTF-8 nor GB18030 (GBK): save the file as “CSV UTF-8”",
    )
    raise _bad(path, said, row=fault[0])


def _first_fault(path: Path, encoding: str) -> tuple[int, int] | None:
    """The line of the first bytes that `encoding` does not know, and how many bytes beyond the first of its character
    came before them; None when all is well."""
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = extra = 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(PIECE_BYTES):
                extra += len(chunk) - len(decoder.decode(chunk))
                lines += chunk.count(b"\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        extra += len(before) - len(before.decode(encoding))
        return lines + before.count(b"\n") + 1, extra
    return None


def _header(path: Path, text: str) -> tuple[str, tuple[str, ...], str]:
    """The delimiter, the names, and what of `text` comes after them."""
    if re.match(r'"?sep=.?"?\r?\n', text):
        said = Text(
            "第 1 行是 Excel 的 sep= 设置：请删除这一行", "row 1 is a setting of Excel (sep=): delete that line"
        )
        raise _bad(path, said, row=1)
    found = {delimiter: _first_record(text, delimiter) for delimiter in (",", "\t", ";")}
    best = max(found, key=lambda delimiter: len(found[delimiter][0]))
    # Commas, unless there are none and something else is there.
    delimiter = best if len(found[","][0]) <= 1 < len(found[best][0]) else ","
    fields, rest = found[delimiter]
    if not fields and text.strip():
        said = Text("表头里的引号没有闭合", "a quote in the header is not closed")
        raise _bad(path, said if text.partition("\n")[0].strip() else NO_HEADER, row=1)
    names = tuple(unguarded(name).strip() for name in fields)
    if len(names) == 1 and "，" in names[0]:
        raise _bad(
            path, Text("列名之间是全角逗号：请改为半角逗号", "full-width commas between names: use plain ones"), row=1
        )
    problems = header_problems(names)
    if problems:
        raise BadInput(file=str(path), problems=problems)
    return delimiter, names, rest


def _first_record(text: str, delimiter: str) -> tuple[list[str], str]:
    """No fields at all when the record has no end or its quotes do not fit."""
    lines = io.StringIO(text, newline="")
    try:
        fields = next(csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True), [])
    except csv.Error:
        fields = []
    return fields, lines.read()


def _has_more(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(HEAD_BYTES)
        while chunk := file.read(PIECE_BYTES):
            if chunk.strip():
                return True
    return False


def _records(path: Path, shape: CsvShape) -> Iterator[tuple[int, list[str] | None]]:
    """Each record with its row number, the header included; None in place of the one where quotes go wrong."""
    lines = _Lines(path, shape.encoding)
    with lines.file:
        reader = csv.reader(lines, delimiter=shape.delimiter, strict=True, skipinitialspace=True)
        row = 0
        while True:
            row += 1
            lines.taken = 0
            try:
                fields = next(reader, None)
            except csv.Error:
                yield row, None
                continue
            if fields is None:
                return
            yield row, fields


def _opened(path: Path, encoding: str) -> TextIO:
    file = path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="")
    if encoding != "utf-8" and file.read(1) != "\ufeff":
        file.seek(0)
    return file


class _Lines(Iterator[str]):
    """The lines of a file, as long as one record does not take too many of them: a quote that is never closed, or a
    hostile file, would otherwise gather all of it in memory."""

    def __init__(self, path: Path, encoding: str) -> None:
        self.file = _opened(path, encoding)
        self.taken = 0

    def __next__(self) -> str:
        line = self.file.readline()
        if not line:
            raise StopIteration
        self.taken += len(line)
        if self.taken > RECORD_CHARS_AT_MOST:
            raise csv.Error("record too long")
        return line


def _is_blank(fields: list[str]) -> bool:
    return not fields or (len(fields) == 1 and not fields[0].strip())


def _row_problem(row: int, fields: list[str] | None, shape: CsvShape) -> Problem | None:
    if fields is None:
        said = Text(
            "引号没有闭合，或引号之后还有别的内容，或一行太长",
            "a quote that is not closed or that something follows, or a row that is too long",
        )
        return Problem(said, row=row)
    wanted, found = len(shape.columns), len(fields)
    is_closed_by_delimiter = found == wanted + 1 and not fields[-1]
    if found == wanted or is_closed_by_delimiter or _is_blank(fields):
        return None
    return Problem(Text(f"应有 {wanted} 列，实有 {found} 列", f"expected {wanted} values, found {found}"), row=row)


def _bad(path: Path, said: Text, *, row: int | None = None) -> BadInput:
    return BadInput(file=str(path), problems=[Problem(said, row=row)])


def _trimmed(name: str) -> str:
    """Without the apostrophe of `FORMULA`, and null for blanks. `trim` alone takes spaces of every width and is fast;
    with a list of characters it is ten times slower, so only values with a tab or a line break go that way."""
    guard = _literal(f"^'({FORMULA})")
    text = f"CASE WHEN starts_with({name}, '''') THEN regexp_replace({name}, {guard}, '\\1') ELSE {name} END"
    has_breaks = " OR ".join(f"contains({name}, chr({code}))" for code in (9, 10, 13))
    bare = f"CASE WHEN {has_breaks} THEN trim({text}, {_literal(SPACES)}) ELSE {text} END"
    return f"NULLIF(trim({bare}), '')"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
