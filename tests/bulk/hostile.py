"""Makers of spreadsheets that a person could send by mistake or on purpose. Each writes one file to `path`."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from random import Random

import xlsxwriter

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
RELATIONSHIPS = f'<Relationships xmlns="{PACKAGE}/relationships">{{}}</Relationships>'
PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>'
    ),
    "_rels/.rels": RELATIONSHIPS.format(
        f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
        '<sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": RELATIONSHIPS.format(
        f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{OFFICE}/styles" Target="styles.xml"/>'
    ),
    "xl/styles.xml": (
        f'<styleSheet xmlns="{MAIN}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'
    ),
}
SHEET = "xl/worksheets/sheet1.xml"
HEADER = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>name</t></is></c><c r="B1" t="inlineStr"><is><t>grade</t></is></c></row>'
)
ROW_2 = '<row r="2"><c r="A2" t="inlineStr"><is><t>Li</t></is></c><c r="B2"><v>3</v></c></row>'


def sheet(rows: str, after: str = "") -> str:
    return f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>{after}</worksheet>'


def raw_workbook(path: Path, sheet_xml: str | bytes, others: Mapping[str, str | bytes] | None = None) -> None:
    """A workbook of the fewest parts, with `sheet_xml` as its sheet and `others` in place of or beside the parts."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {**PARTS, SHEET: sheet_xml, **(others or {})}.items():
            archive.writestr(name, text)


def workbook(path: Path, rows: list[list[object]]) -> None:
    """A well-made workbook: texts are texts even when they look like formulas."""
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book_sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            book_sheet.write_row(number, 0, row)


def good(path: Path) -> None:
    raw_workbook(path, sheet(HEADER + ROW_2))


def empty(path: Path) -> None:
    path.write_bytes(b"")


def empty_sheet(path: Path) -> None:
    raw_workbook(path, sheet(""))


def header_only(path: Path) -> None:
    raw_workbook(path, sheet(HEADER))


def header_in_row_3(path: Path) -> None:
    raw_workbook(path, sheet('<row r="3"><c r="A3" t="inlineStr"><is><t>name</t></is></c></row><row r="4"/>'))


def figures_for_header(path: Path) -> None:
    workbook(path, [["Li", 3], ["Wang", 4]])


def duplicate_headers(path: Path) -> None:
    workbook(path, [["name", "paid", "Name "], ["Li", 1, "Wang"]])


def nameless_column(path: Path) -> None:
    workbook(path, [["name", "", "grade"], ["Li", "x", 3]])


def values_beyond_the_header(path: Path) -> None:
    workbook(path, [["name"], ["Li"], ["Wang", "", "note"]])


def not_a_zip(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 40)


def csv_named_xlsx(path: Path) -> None:
    path.write_text("name,grade\nLi,3\n", encoding="utf-8")


def truncated(path: Path) -> None:
    good(path)
    path.write_bytes(path.read_bytes()[:-200])


def truncated_inside(path: Path) -> None:
    """The table of contents is whole, and the sheet is cut off in the middle."""
    raw_workbook(path, sheet(HEADER + ROW_2)[:-60])


def flipped_bits(path: Path) -> None:
    raw_workbook(path, sheet(HEADER + ROW_2 * 500))
    data = bytearray(path.read_bytes())
    start = data.index(SHEET.encode()) + len(SHEET) + 20
    data[start : start + 40] = bytes(byte ^ 0x55 for byte in data[start : start + 40])
    path.write_bytes(bytes(data))


def encrypted(path: Path) -> None:
    """An OLE file with the stream that a workbook with a password keeps its data in."""
    path.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2_000) + "EncryptedPackage".encode("utf-16-le") + bytes(500)
    )


def old_xls(path: Path) -> None:
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2_000) + "Workbook".encode("utf-16-le") + bytes(500))


def binary_workbook(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.bin", b"\x83\x01\x00")


def other_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<document/>")


def far_cell(path: Path) -> None:
    """1.4 KB that make the reader ask for 512 GiB and abort."""
    raw_workbook(path, sheet(HEADER + ROW_2 + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'))


def far_cell_unseen(path: Path) -> None:
    """The same, with the far cell before the others of its row, where the check before reading does not look."""
    row = '<row r="1048576"><c r="XFD1048576"><v>1</v></c><c r="A1048576"><v>1</v></c></row>'
    raw_workbook(path, sheet(HEADER + ROW_2 + row))


def zip_bomb(path: Path) -> None:
    """256 MiB of blanks in 0.25 MB."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in PARTS.items():
            archive.writestr(name, text)
        with archive.open(SHEET, "w") as part:
            for _ in range(256):
                part.write(b" " * (1 << 20))


def lying_zip_bomb(path: Path) -> None:
    """A shared text of 64 MiB whose part says that it has 1,000 bytes, with the checksum of those."""
    strings = f'<sst xmlns="{MAIN}"><si><t>' + "x" * (64 << 20) + "</t></si></sst>"
    relations = PARTS["xl/_rels/workbook.xml.rels"].replace(
        "</Relationships>",
        f'<Relationship Id="rId3" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    )
    cell = '<row r="3"><c r="A3" t="s"><v>0</v></c></row>'
    shared = {"xl/_rels/workbook.xml.rels": relations, "xl/sharedStrings.xml": strings}
    raw_workbook(path, sheet(HEADER + ROW_2 + cell), shared)
    data = path.read_bytes().replace(struct.pack("<L", len(strings)), struct.pack("<L", 1_000))
    said, lie = (struct.pack("<L", zlib.crc32(text.encode())) for text in (strings, strings[:1_000]))
    path.write_bytes(data.replace(said, lie))


def overlapping_parts(path: Path) -> None:
    """Many names in the table of contents for the same compressed bytes."""
    block = io.BytesIO()
    with zipfile.ZipFile(block, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in PARTS.items():
            archive.writestr(name, text)
        archive.writestr(SHEET, bytes(range(256)) * 4_000)
        shared = archive.getinfo(SHEET)
        for number in range(50):
            twin = zipfile.ZipInfo(f"xl/media/image{number}.png")
            for field in ("CRC", "compress_size", "file_size", "header_offset", "compress_type"):
                setattr(twin, field, getattr(shared, field))
            archive.filelist.append(twin)
            archive.NameToInfo[twin.filename] = twin
    path.write_bytes(block.getvalue())


def many_parts(path: Path) -> None:
    raw_workbook(path, sheet(HEADER + ROW_2), {f"xl/media/{number}.txt": "" for number in range(10_000)})


def part_outside(path: Path) -> None:
    raw_workbook(path, sheet(HEADER + ROW_2), {"../outside.xml": "<x/>"})


def entity_bomb(path: Path) -> None:
    """A billion laughs."""
    entities = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    text = sheet(HEADER + '<row r="2"><c r="A2" t="inlineStr"><is><t>&a9;</t></is></c></row>')
    raw_workbook(path, f"<!DOCTYPE worksheet [{entities}]>{text}")


def unknown_encoding(path: Path) -> None:
    raw_workbook(path, '<?xml version="1.0" encoding="UTF-9"?>' + sheet(HEADER + ROW_2))


def offset_before_the_file(path: Path) -> None:
    """The sheet's bytes are said to begin where no file has any."""
    good(path)
    data = bytearray(path.read_bytes())
    table = data.index(b"PK\x01\x02")
    entry = data.rindex(b"PK\x01\x02", table, data.rindex(SHEET.encode()))
    data[entry + 42 : entry + 46] = b"\xff\xff\xff\xf0"
    path.write_bytes(bytes(data))


def mutant(path: Path, random: Random) -> None:
    """A good workbook with a few bytes changed, in the zip file or in one of its parts."""
    raw_workbook(path, sheet(HEADER + ROW_2 * 20))
    if random.random() < 0.5:
        data = bytearray(path.read_bytes())
        for _ in range(random.choice([1, 2, 5, 20])):
            data[random.randrange(len(data))] = random.randrange(256)
        path.write_bytes(bytes(data))
        return
    parts = {name: bytearray(text.encode()) for name, text in {**PARTS, SHEET: sheet(HEADER + ROW_2 * 20)}.items()}
    part = parts[random.choice(sorted(parts))]
    for _ in range(random.choice([1, 3, 10])):
        part[random.randrange(len(part))] = random.choice(b'<>/="0123456789rtsvcfe& \x00\xff')
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, bytes(text))


def outside_entity(path: Path) -> None:
    text = sheet(HEADER + '<row r="2"><c r="A2" t="inlineStr"><is><t>&secret;</t></is></c></row>')
    raw_workbook(path, f'<!DOCTYPE worksheet [<!ENTITY secret SYSTEM "file:///etc/hostname">]>{text}')


def entity_in_shared_texts(path: Path) -> None:
    strings = f'<!DOCTYPE sst [<!ENTITY a "x">]><sst xmlns="{MAIN}"><si><t>&a;</t></si></sst>'
    raw_workbook(path, sheet(HEADER + ROW_2), {"xl/sharedStrings.xml": strings})


def two_sheets_of_one_name(path: Path) -> None:
    """The first sheet is in order; the reader, asked by name, might open the other."""
    book = PARTS["xl/workbook.xml"].replace("</sheets>", '<sheet name="S" sheetId="2" r:id="rId1"/></sheets>')
    raw_workbook(path, sheet(HEADER + ROW_2), {"xl/workbook.xml": book})


def merged_cells(path: Path) -> None:
    raw_workbook(path, sheet(HEADER + ROW_2, '<mergeCells count="1"><mergeCell ref="A2:A3"/></mergeCells>'))


def formulas_without_values(path: Path) -> None:
    raw_workbook(
        path,
        sheet(
            HEADER
            + '<row r="2"><c r="A2"><f>1+1</f><v></v></c><c r="B2"><v>3</v></c></row>'
            + '<row r="3"><c r="A3"><f>1+1</f><v>2</v></c><c r="B3"><f>A3+1</f></c></row>'
        ),
    )


def formulas_with_values(path: Path) -> None:
    with xlsxwriter.Workbook(str(path)) as book:
        book_sheet = book.add_worksheet()
        book_sheet.write_row(0, 0, ["sum", "word", "nothing"])
        book_sheet.write_formula("A2", "=1+1", None, 2)
        book_sheet.write_formula("B2", '="a"&"b"', None, "ab")
    with zipfile.ZipFile(path) as archive:
        text = archive.read(SHEET).decode()
    empty_text = '<c r="C2" t="str"><f>IF(A2=2,"","x")</f><v></v></c></row></sheetData>'
    text = text.replace("</row></sheetData>", empty_text)
    with zipfile.ZipFile(path) as archive:
        others = {name: archive.read(name) for name in archive.namelist() if name != SHEET}
    raw_workbook(path, text, others)


def error_cells(path: Path) -> None:
    with xlsxwriter.Workbook(str(path)) as book:
        book_sheet = book.add_worksheet()
        book_sheet.write_row(0, 0, ["name", "grade"])
        book_sheet.write_formula("B2", "=1/0", None, "#DIV/0!")
        book_sheet.write_formula("A3", "=B99", None, "#REF!")


def long_numbers(path: Path) -> None:
    workbook(path, [["name", "id_number"], ["Li", 110105199001011234], ["Wang", "110105199001011234"]])


def endless_cells(path: Path) -> None:
    """Nothing but tags, stored and not compressed, so that neither size nor ratio gives it away."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, text in PARTS.items():
            archive.writestr(name, text)
        with archive.open(SHEET, "w") as part:
            part.write(f'<worksheet xmlns="{MAIN}"><sheetData>{HEADER}<row r="2">'.encode())
            for _ in range(64):
                part.write(b"<c/>" * (1 << 18))
            part.write(b"</row></sheetData></worksheet>")


def wide_and_long(path: Path, *, rows: int) -> None:
    """An honest workbook of some size: 20 columns."""
    letters = "ABCDEFGHIJKLMNOPQRST"
    head = "".join(f'<c r="{letter}1" t="inlineStr"><is><t>column {letter}</t></is></c>' for letter in letters)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in PARTS.items():
            archive.writestr(name, text)
        with archive.open(SHEET, "w") as part:
            part.write(f'<worksheet xmlns="{MAIN}"><sheetData><row r="1">{head}</row>'.encode())
            for row in range(2, rows + 2):
                cells = "".join(f'<c r="{letter}{row}"><v>{row}</v></c>' for letter in letters)
                part.write(f'<row r="{row}">{cells}</row>'.encode())
            part.write(b"</sheetData></worksheet>")
