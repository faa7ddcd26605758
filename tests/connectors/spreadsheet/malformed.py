"""Broken spreadsheets, made from sound ones by a script that makes the same files every time.

Each comes with whether it may hold another number than the sound one: where bytes of a number were changed, it may.
"""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from tests.connectors.spreadsheet import xls, xlsb
from tests.connectors.spreadsheet.books import MAIN, ods, save, xlsx_parts

VALUE = 41.5
"""What stands in row NPS, column Actual of the sound files."""
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


class Broken(NamedTuple):
    """One file."""

    name: str
    content: bytes
    may_differ: bool = False


def broken_files(folder: Path) -> list[Broken]:
    """Return all of them; ``folder`` is for files on the way."""
    sound = {
        "xlsx": save(folder / "sound.xlsx", {"KPI": [["Measure", "Actual"], ["NPS", VALUE]]}).read_bytes(),
        "raw.xlsx": zipped(xlsx_parts(ROWS)),
        "ods": ods(folder / "sound.ods", ODS).read_bytes(),
        "xlsb": zipped(xlsb.xlsb_parts(XLSB)),
        "xls": xls.save_xls(folder / "sound.xls", xls.book("KPI", XLS)).read_bytes(),
        "csv": b"Measure,Actual\nNPS,41.5\n",
    }
    made = [each for kind, content in sound.items() for each in damaged(kind, content)]
    for kind in ("xlsx", "ods", "xlsb"):
        made += lying_zips(kind, sound[kind])
        made += missing_parts(kind, sound[kind])
    return [*made, *broken_xlsx(), *broken_ods(folder), *broken_xlsb(), *broken_xls(folder), *broken_csv()]


ROWS = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>Measure</t></is></c>'
    '<c r="B1" t="inlineStr"><is><t>Actual</t></is></c></row>'
    '<row r="2"><c r="A2" t="inlineStr"><is><t>NPS</t></is></c><c r="B2"><v>41.5</v></c></row>'
)
TEXT = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
FLOAT = '<table:table-cell office:value-type="float" office:value="41.5"/>'
ODS_ROWS = (
    f"<table:table-row>{TEXT.format('Measure')}{TEXT.format('Actual')}</table:table-row>"
    f"<table:table-row>{TEXT.format('NPS')}{FLOAT}</table:table-row>"
)
ODS = f'<table:table table:name="KPI">{ODS_ROWS}</table:table>'
XLSB = (
    xlsb.row(0) + xlsb.text(0, "Measure") + xlsb.text(1, "Actual")
    + xlsb.row(1) + xlsb.text(0, "NPS") + xlsb.number(1, VALUE)
)  # fmt: skip
XLS = xls.label(0, 0, "Measure") + xls.label(0, 1, "Actual") + xls.label(1, 0, "NPS") + xls.number(1, 1, VALUE)


def zipped(parts: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def damaged(kind: str, content: bytes) -> Iterator[Broken]:
    """Yield what a bad disk, a bad line or a bad program does to any file."""
    size, suffix, chance = len(content), kind.rpartition(".")[2], random.Random(kind)
    free = suffix in ("xls", "csv")  # nothing in these tells that a byte was changed
    for tenth in range(10):
        yield Broken(f"cut-{tenth}0.{kind}", content[: size * tenth // 10], may_differ=suffix == "csv")
    for n in range(8):
        flipped = bytearray(content)
        for _ in range(1 + n * n):
            flipped[chance.randrange(size)] ^= 1 << chance.randrange(8)
        yield Broken(f"flipped-{n}.{kind}", bytes(flipped), may_differ=free)
    for n in range(3):
        start = chance.randrange(size)
        hole = content[:start] + bytes(min(size - start, 64)) + content[start + 64 :]
        yield Broken(f"zeroed-{n}.{kind}", hole, may_differ=free)
    yield Broken(f"NULs.{kind}", content[: size // 2] + b"\0" * 512 + content[size // 2 :], may_differ=free)
    yield Broken(f"all-NULs.{kind}", bytes(size))
    yield Broken(f"before.{kind}", b"junk" * 5 + content, may_differ=free)
    yield Broken(f"after.{kind}", content + b"junk" * 400, may_differ=free)
    yield Broken(f"twice.{kind}", content + content, may_differ=free)
    yield Broken(f"as-text.{kind}", content.decode("latin-1").encode(), may_differ=free)
    yield Broken(f"line-ends.{kind}", content.replace(b"\n", b"\r\n"), may_differ=free)


def lying_zips(kind: str, content: bytes) -> Iterator[Broken]:
    """Yield archives whose directory says what is not so."""

    def changed(name: str, at: int, shape: str, value: int, *, all_entries: bool = True) -> Broken:
        out = bytearray(content)
        start = out.index(b"PK\x01\x02")
        while start >= 0:
            struct.pack_into(shape, out, start + at, value)
            start = out.find(b"PK\x01\x02", start + 4) if all_entries else -1
        return Broken(f"zip-{name}.{kind}", bytes(out))

    yield changed("method-99", 10, "<H", 99)
    yield changed("method-stored", 10, "<H", 0)
    yield changed("encrypted", 8, "<H", 1)
    yield changed("crc", 16, "<I", 0xDEADBEEF)
    yield changed("packed-0", 20, "<I", 0)
    yield changed("packed-4GB", 20, "<I", 0xFFFFFFFE)
    yield changed("size-0", 24, "<I", 0)
    yield changed("size-1", 24, "<I", 1)
    yield changed("size-4GB", 24, "<I", 0xFFFFFFFE)
    yield changed("name-length", 28, "<H", 0xFFFF)
    yield changed("name-length-1", 28, "<H", 1)
    yield changed("extra-length", 30, "<H", 0xFFFF)
    yield changed("disk", 34, "<H", 7)
    yield changed("offset-far", 42, "<I", 0x7FFFFFFF)
    yield changed("offset-same", 42, "<I", 0)
    yield changed("first-offset", 42, "<I", 10, all_entries=False)
    end = content.rindex(b"PK\x05\x06")
    for name, at, shape, value in (
        ("count-0", 10, "<H", 0), ("count-65535", 10, "<H", 65535), ("directory-size", 12, "<I", 0xFFFF),
        ("directory-offset", 16, "<I", 0xFFFFFF), ("comment-length", 20, "<H", 0xFFFF), ("disks", 4, "<H", 9),
    ):  # fmt: skip
        out = bytearray(content)
        struct.pack_into(shape, out, end + at, value)
        yield Broken(f"zip-{name}.{kind}", bytes(out))
    yield Broken(f"zip-no-end.{kind}", content[:end])
    parts = parts_of(content)
    for name, entry in (("up", "../../etc/passwd"), ("root", "/etc/passwd"), ("nul", "a\0b"), ("long", "x" * 60_000)):
        yield Broken(f"zip-entry-{name}.{kind}", zipped({**parts, entry: b"x"}))
    backslashed = zipped({name.replace("/", "\\"): part for name, part in parts.items()})
    yield Broken(f"zip-backslashes.{kind}", backslashed)
    yield Broken(f"zip-upper.{kind}", zipped({name.upper(): part for name, part in parts.items()}))
    yield Broken(f"zip-empty.{kind}", zipped({}))


def missing_parts(kind: str, content: bytes) -> Iterator[Broken]:
    """Yield archives from which one part is gone, empty or noise."""
    parts = parts_of(content)
    for name in parts:
        short = name.replace("/", "-").strip("-[]_")
        yield Broken(f"no-{short}.{kind}", zipped({other: part for other, part in parts.items() if other != name}))
        yield Broken(f"empty-{short}.{kind}", zipped({**parts, name: b""}))
        yield Broken(f"half-{short}.{kind}", zipped({**parts, name: parts[name][: len(parts[name]) // 2]}))
        yield Broken(f"noise-{short}.{kind}", zipped({**parts, name: random.Random(name).randbytes(500)}))


def broken_xlsx() -> Iterator[Broken]:
    """Yield workbooks whose XML is not what ECMA-376 asks for."""
    deep = "<a>" * 20_000 + "</a>" * 20_000
    rows: dict[str, str] = {
        "row-0": '<row r="0"><c r="A0"><v>1</v></c></row>' + ROWS,
        "row-negative": '<row r="-5"><c r="A-5"><v>1</v></c></row>' + ROWS,
        "row-huge": ROWS + '<row r="99999999999999999999"><c r="A99999999999999999999"><v>1</v></c></row>',
        "row-text": ROWS.replace('r="2"', 'r="two"'),
        "column-far": ROWS.replace('"B2"', '"ZZZZZZ2"'),
        "column-none": ROWS.replace('"B2"', '"2"'),
        "reference-empty": ROWS.replace('r="B2"', 'r=""'),
        "reference-range": ROWS.replace('"B2"', '"B2:C3"'),
        "number-text": ROWS.replace("41.5", "forty"),
        "number-huge": ROWS.replace("41.5", "1e999"),
        "number-nan": ROWS.replace("41.5", "NaN"),
        "number-infinite": ROWS.replace("41.5", "INF"),
        "number-empty": ROWS.replace("41.5", ""),
        "number-comma": ROWS.replace("41.5", "41,5"),
        "number-twice": ROWS.replace("<v>41.5</v>", "<v>4</v><v>1.5</v>"),
        "number-spaces": ROWS.replace("41.5", " 41.5 "),
        "type-unknown": ROWS.replace('r="B2"', 'r="B2" t="zz"'),
        "type-bool": ROWS.replace('r="B2"', 'r="B2" t="b"'),
        "type-date": ROWS.replace('r="B2"', 'r="B2" t="d"'),
        "type-error": ROWS.replace('r="B2"', 'r="B2" t="e"'),
        "shared-none": ROWS.replace('r="B2"', 'r="B2" t="s"'),
        "shared-negative": ROWS.replace('r="B2"', 'r="B2" t="s"').replace("41.5", "-1"),
        "shared-huge": ROWS.replace('r="B2"', 'r="B2" t="s"').replace("41.5", "99999999999"),
        "style-huge": ROWS.replace('r="B2"', 'r="B2" s="4294967296"'),
        "style-negative": ROWS.replace('r="B2"', 'r="B2" s="-1"'),
        "cell-twice": ROWS.replace("</row>", '<c r="B2"><v>0</v></c></row>'),
        "unclosed": ROWS.replace("</v>", ""),
        "unopened": ROWS + "</row></row>",
        "entity": ROWS.replace("NPS", "&nothing;"),
        "control": ROWS.replace("NPS", "NPS&#0;"),
        "nul": ROWS.replace("NPS", "N\0PS"),
        "deep": ROWS.replace("<v>41.5</v>", f"<v>41.5</v>{deep}"),
        "attributes": ROWS.replace('r="B2"', " ".join(f'a{n}="x"' for n in range(5000)) + ' r="B2"'),
        "attribute-twice": ROWS.replace('r="B2"', 'r="B2" r="B3"'),
        "attribute-bare": ROWS.replace('r="B2"', "r=B2"),
        "cdata-open": ROWS.replace("41.5", "<![CDATA[41.5"),
        "comment-open": ROWS.replace("<v>41.5", "<!-- <v>41.5"),
        "surrogate": ROWS.replace("NPS", "&#xD800;"),
        "formula-open": ROWS.replace("<v>41.5</v>", "<f>1+"),
        "formula-deep": ROWS.replace("<v>", f"<f>{'(' * 9000}1{')' * 9000}</f><v>"),
    }
    for name, data in rows.items():
        yield Broken(f"xml-{name}.xlsx", zipped(xlsx_parts(data)))
    for name, after in {
        "merge-crossed": '<mergeCells count="1"><mergeCell ref="B9:A1"/></mergeCells>',
        "merge-huge": '<mergeCells count="4294967295"><mergeCell ref="A1:XFD1048576"/></mergeCells>',
        "merge-none": '<mergeCells count="9"><mergeCell/></mergeCells>',
        "merge-noise": '<mergeCells><mergeCell ref="??"/></mergeCells>',
    }.items():
        yield Broken(f"xml-{name}.xlsx", zipped(xlsx_parts(ROWS, after=after)))
    yield from _broken_books()


def _broken_books() -> Iterator[Broken]:
    """Yield workbooks whose parts do not fit together."""
    sound = xlsx_parts(ROWS)
    sheet, book, links = "xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"

    def with_(name: str, part: str, old: bytes, new: bytes) -> Broken:
        assert old in sound[part], (name, old)
        return Broken(f"book-{name}.xlsx", zipped({**sound, part: sound[part].replace(old, new)}))

    for reach in ("A1:XFD1048576", "A1:ZZZ9999999", "B2", "", "??", "C9:A1", "A0:B0"):
        new = f'<dimension ref="{reach}"/><sheetData>'.encode()
        yield with_(f"dimension-{reach.replace(':', '-') or 'empty'}", sheet, b"<sheetData>", new)
    yield with_("utf-16", sheet, b"<worksheet", b'<?xml version="1.0" encoding="UTF-16"?><worksheet')
    yield with_("encoding-unknown", sheet, b"<worksheet", b'<?xml version="1.0" encoding="klingon"?><worksheet')
    yield with_("xml-2.0", sheet, b"<worksheet", b'<?xml version="2.0"?><worksheet')
    yield with_("namespace-other", sheet, MAIN.encode(), b"urn:something:else")
    yield with_("namespace-none", sheet, f' xmlns="{MAIN}"'.encode(), b"")
    yield with_("prefix-unbound", sheet, b"<sheetData>", b"<x:sheetData>")
    yield with_("two-sheetdata", sheet, b"</sheetData>", b"</sheetData><sheetData></sheetData>")
    yield with_("bytes", sheet, b"NPS", b"\xff\xfe\x80NPS")
    yield with_("target-missing", links, b"worksheets/sheet1.xml", b"worksheets/sheet9.xml")
    yield with_("target-up", links, b"worksheets/sheet1.xml", b"../../../../etc/passwd")
    yield with_("target-itself", links, b"worksheets/sheet1.xml", b"workbook.xml")
    yield with_("target-web", links, b'Target="w', b'TargetMode="External" Target="https://evil.test/w')
    yield with_("target-empty", links, b"worksheets/sheet1.xml", b"")
    yield with_("id-other", links, b'Id="rId1"', b'Id="rId7"')
    yield with_("id-none", book, b' r:id="rId1"', b"")
    yield with_("name-empty", book, b'name="KPI"', b'name=""')
    yield with_("name-none", book, b'name="KPI" ', b"")
    yield with_("name-long", book, b'name="KPI"', b'name="' + b"K" * 50_000 + b'"')
    yield with_("name-noise", book, b'name="KPI"', 'name="&#x202E;&lt;b&gt;é"'.encode())
    sheets = sound[book][sound[book].index(b"<sheets>") : sound[book].index(b"</sheets>")]
    yield with_("sheets-twice", book, sheets, sheets + sheets[8:])
    yield with_("sheets-none", book, sheets, b"<sheets>")
    many = b"".join(sheets[8:].replace(b"KPI", b"K%d" % n) for n in range(3000))
    yield with_("sheets-many", book, sheets, sheets + many)
    circle = b'<definedName name="A">B</definedName><definedName name="B">A</definedName>'
    yield with_("names-circle", book, b"</sheets>", b"</sheets><definedNames>" + circle + b"</definedNames>")
    yield with_("names-noise", book, b"</sheets>", b'</sheets><definedNames><definedName name="A"/></definedNames>')
    yield with_("date1904-noise", book, b"<sheets>", b'<workbookPr date1904="perhaps"/><sheets>')
    for kind in ("worksheet", "sheet.main"):
        yield with_(f"type-{kind}", "[Content_Types].xml", f"{kind}+xml".encode(), b"chart+xml")
    for name, strings in {
        "strings-count": f'<sst xmlns="{MAIN}" count="4294967295" uniqueCount="4294967295"><si><t>a</t></si></sst>',
        "strings-empty": f'<sst xmlns="{MAIN}"/>',
        "strings-cut": f'<sst xmlns="{MAIN}"><si><t>a',
        "strings-other": '<html xmlns="urn:x"/>',
    }.items():
        rels = sound[links].replace(
            b"</R", f'<Relationship Id="rId2" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/></R'.encode()
        )
        yield Broken(f"book-{name}.xlsx", zipped({**sound, links: rels, "xl/sharedStrings.xml": strings.encode()}))


def broken_ods(folder: Path) -> Iterator[Broken]:
    """Yield documents whose XML is not what OpenDocument asks for."""

    def made(name: str, tables: str) -> Broken:
        return Broken(f"xml-{name}.ods", ods(folder / "made.ods", tables).read_bytes())

    def table(rows: str) -> str:
        return f'<table:table table:name="KPI">{rows}</table:table>'

    repeated = "table:number-columns-repeated"
    for name, number in {
        "number-text": 'office:value="forty"', "number-none": "", "number-huge": 'office:value="1e999"',
        "number-nan": 'office:value="NaN"', "number-comma": 'office:value="41,5"', "number-empty": 'office:value=""',
        "repeat-negative": f'office:value="41.5" {repeated}="-3"', "repeat-0": f'office:value="41.5" {repeated}="0"',
        "repeat-huge": f'office:value="41.5" {repeated}="99999999999999999999"',
        "repeat-text": f'office:value="41.5" {repeated}="many"',
        "span-huge": 'office:value="41.5" table:number-columns-spanned="4294967296" table:number-rows-spanned="9"',
        "style-none": 'office:value="41.5" table:style-name="nowhere"',
    }.items():  # fmt: skip
        yield made(name, table(ODS_ROWS.replace('office:value="41.5"', number)))
    for kind in ("percentage", "currency", "date", "time", "boolean", "string", "void", "zz", ""):
        yield made(f"type-{kind or 'empty'}", table(ODS_ROWS.replace('"float"', f'"{kind}"')))
    row_repeated = ODS_ROWS.replace("<table:table-row>", '<table:table-row table:number-rows-repeated="-1">')
    yield made("rows-negative", table(row_repeated))
    yield made("row-outside", ODS_ROWS)
    yield made("table-in-table", table(ODS_ROWS + table(ODS_ROWS)))
    yield made("table-unnamed", f"<table:table>{ODS_ROWS}</table:table>")
    yield made("table-twice", table(ODS_ROWS) + table(""))
    yield made("unclosed", '<table:table table:name="KPI">')
    yield made("entity", table(ODS_ROWS.replace("NPS", "&nothing;")))
    yield made("deep", table(ODS_ROWS) + "<text:p>" * 20_000 + "</text:p>" * 20_000)
    yield made("prefix", table(ODS_ROWS).replace("office:", "x:"))
    yield made("tables-none", "")


def broken_xlsb() -> Iterator[Broken]:
    """Yield workbooks whose records are not what [MS-XLSB] asks for."""
    sheet, book = "xl/worksheets/sheet1.bin", "xl/workbook.bin"
    sound = xlsb.xlsb_parts(XLSB)
    for name, cells in {
        "row-huge": xlsb.row(0xFFFFFFFF) + xlsb.number(0, 1) + XLSB,
        "row-none": XLSB.removeprefix(xlsb.row(0)),
        "rows-backwards": xlsb.row(9) + xlsb.number(0, 1) + XLSB,
        "column-huge": XLSB + xlsb.number(0xFFFFFFFF, 1),
        "number-nan": XLSB.replace(struct.pack("<d", VALUE), struct.pack("<d", float("nan"))),
        "number-infinite": XLSB.replace(struct.pack("<d", VALUE), struct.pack("<d", float("inf"))),
        "error-unknown": XLSB + xlsb.error(2, 0x77),
        "text-longer": XLSB + xlsb.record(6, struct.pack("<III", 2, 0, 0x7FFFFFFF) + b"ab"),
        "shared-none": XLSB + xlsb.record(7, struct.pack("<III", 2, 0, 99)),
        "cell-twice": XLSB + xlsb.number(1, 0),
        "record-empty": XLSB + xlsb.record(5),
        "record-unknown": XLSB + xlsb.record(9999, b"x" * 300),
        "record-cut": XLSB + b"\x05\xff\xff\xff\x7f",
        "size-endless": XLSB + b"\x05\xff\xff\xff\xff\xff",
        "merge-huge": XLSB + xlsb.record(176, struct.pack("<IIII", 0, 0xFFFFFFFF, 0, 0xFFFFFFFF)),
        "merge-cut": XLSB + xlsb.record(176, b"ab"),
    }.items():
        yield Broken(f"records-{name}.xlsb", zipped(xlsb.xlsb_parts(cells)))
    for reach in ((0, 0xFFFFFFFF, 0, 0xFFFFFFFF), (9, 0, 9, 0), (0, 1_048_575, 0, 16_383)):
        yield Broken(f"reach-{'-'.join(map(str, reach))}.xlsb", zipped(xlsb.xlsb_parts(XLSB, reach=reach)))
    yield Broken("sheet-empty-name.xlsb", zipped(xlsb.xlsb_parts(XLSB, sheet="")))
    yield Broken("sheet-long-name.xlsb", zipped(xlsb.xlsb_parts(XLSB, sheet="K" * 40_000)))
    yield Broken("sheet-no-end.xlsb", zipped({**sound, sheet: sound[sheet][:-2]}))
    yield Broken("book-no-sheets.xlsb", zipped({**sound, book: xlsb.record(131) + xlsb.record(132)}))
    short = xlsb.record(131) + xlsb.record(143) + xlsb.record(156, b"abc") + xlsb.record(144)
    yield Broken("book-short-sheet.xlsb", zipped({**sound, book: short}))


def broken_xls(folder: Path) -> Iterator[Broken]:
    """Yield compound files and records that are not what [MS-CFB] and [MS-XLS] ask for."""

    def made(name: str, stream: bytes, *, circle: bool = False) -> Broken:
        return Broken(f"{name}.xls", xls.save_xls(folder / "made.xls", stream, circle=circle).read_bytes())

    sound = xls.save_xls(folder / "made.xls", xls.book("KPI", XLS)).read_bytes()
    for at, shape, name in (
        (0x18, "<H", "version"), (0x1C, "<H", "byte-order"), (0x1E, "<H", "sector-size"), (0x20, "<H", "mini-size"),
        (0x2C, "<I", "fat-count"), (0x30, "<I", "directory-at"), (0x38, "<I", "cutoff"), (0x3C, "<I", "mini-at"),
        (0x44, "<I", "difat-at"), (0x48, "<I", "difat-count"), (0x4C, "<I", "fat-at"),
    ):  # fmt: skip
        for value in (0xFFFF, 0x0101):
            out = bytearray(sound)
            struct.pack_into(shape, out, at, value)
            yield Broken(f"header-{name}-{value}.xls", bytes(out))
    yield made("chain-circle", xls.book("KPI", XLS), circle=True)
    yield made("stream-empty", b"")
    yield made("stream-noise", random.Random(3).randbytes(4096))
    for name, cells in {
        "row-far": XLS + xls.number(0xFFFF, 0xFF, 1),
        "column-far": XLS + xls.number(0, 0xFFFF, 1),
        "record-short": XLS + xls.record(0x203, b"ab"),
        "record-long": XLS + struct.pack("<HH", 0x203, 0xFFFF) + b"ab",
        "text-longer": XLS + xls.record(0x204, struct.pack("<HHHHB", 2, 0, 15, 0xFFFF, 0) + b"ab"),
        "shared-none": XLS + xls.record(0xFD, struct.pack("<HHHI", 2, 0, 15, 99)),
        "error-unknown": XLS + xls.error(2, 0, 0x77),
        "cell-twice": XLS + xls.number(1, 1, 0),
        "no-end": XLS + xls.record(0x0A, b"") * 3,
    }.items():
        yield made(f"records-{name}", xls.book("KPI", cells))
    yield made("name-noise", xls.book("K\xe9\x01?", XLS))


def broken_csv() -> Iterator[Broken]:
    """Yield text that is no csv, or not as declared."""
    texts: dict[str, bytes] = {
        "quote-open": b'Measure,Actual\n"NPS,41.5\n', "quote-inside": b'Measure,Actual\nN"PS,41.5\n',
        "quote-after": b'Measure,Actual\n"NPS"x,41.5\n', "ragged": b"Measure,Actual\nNPS,41.5,7\n",
        "short": b"Measure,Actual\nNPS\n", "nul": b"Measure,Actual\nN\0PS,41.5\n",
        "empty": b"", "blank": b"\n\n \n,,\n",
        "semicolons": b"Measure;Actual\nNPS;41.5\n", "tabs": b"Measure\tActual\nNPS\t41.5\n",
        "decimal-comma": b'Measure,Actual\nNPS,"41,5"\n', "two-readings": b'Measure,Actual\nNPS,"1,234"\n',
        "number-text": b"Measure,Actual\nNPS,forty\n", "number-none": b"Measure,Actual\nNPS,\n",
        "latin-1": "Measure,Actual\nNPS \xe9,41.5\n".encode("latin-1"),
        "utf-16": "Measure,Actual\nNPS,41.5\n".encode("utf-16"),
        "utf-32": "Measure,Actual\nNPS,41.5\n".encode("utf-32"), "half-letter": b"Measure,Actual\nNPS,41.5\n\xe2\x82",
        "html": b"<html><table><tr><td>NPS</td><td>41.5</td></tr></table></html>", "gzip": zlib.compress(b"NPS,41.5"),
        "pdf": b"%PDF-1.7\n\0", "wide": b"NPS," + b"1," * 3000 + b"\n", "old-mac": b"Measure,Actual\rNPS,41.5\r",
        "field-huge": b"Measure,Actual\nNPS," + b"4" * 200_000 + b"\n",
        "header-twice": b"Measure,Actual,Actual\nNPS,41.5,0\n",
        "label-twice": b"Measure,Actual\nNPS,41.5\nNPS,0\n",
    }  # fmt: skip
    for name, content in texts.items():
        yield Broken(f"{name}.csv", content)


def broken_real(folder: Path) -> Iterator[Broken]:
    """Yield damaged copies of real files."""
    changes: dict[str, Callable[[bytes, random.Random], bytes]] = {
        "cut": lambda content, chance: content[: chance.randrange(len(content))],
        "flipped": _flipped,
        "zeroed": _zeroed,
        "shuffled": lambda content, _chance: content[len(content) // 2 :] + content[: len(content) // 2],
    }  # fmt: skip
    for path in sorted(folder.iterdir()):
        content = path.read_bytes()
        yield Broken(f"as-it-is-{path.name}", content, may_differ=True)
        for name, change in changes.items():
            yield Broken(f"{name}-{path.name}", change(content, random.Random(path.name)), may_differ=True)


def _zeroed(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content))
    return content[:at] + bytes(512) + content[at + 512 :]


def _flipped(content: bytes, chance: random.Random) -> bytes:
    out = bytearray(content)
    for _ in range(20):
        out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
    return bytes(out)
