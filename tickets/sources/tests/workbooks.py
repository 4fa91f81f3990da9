"""XLSX and ODS files as small as they can be."""

import io
import zipfile
from datetime import date, datetime, timedelta
from html import escape
from typing import Any

SHEETML = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
# Styles: 0 a plain number, 1 a date, 2 a date with a time, 3 a time of day.
STYLES = f'<styleSheet xmlns="{SHEETML}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/><xf numFmtId="20"/></cellXfs></styleSheet>'
EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - spreadsheets know no zones
ODS = """<office:document-content
 xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">
 <office:body><office:spreadsheet><table:table table:name="Sheet1">{rows}</table:table>
 </office:spreadsheet></office:body></office:document-content>"""


def xlsx(*rows: list[Any], first_row: int = 1) -> bytes:
    """Cells are text, numbers, days, moments, lengths of time or None."""
    return xlsx_of_sheets({"Tickets": sheet(*rows, first_row=first_row)})


def sheet(*rows: list[Any], first_row: int = 1) -> str:
    return "".join(
        f'<row r="{line}">' + "".join(_cell(f"{chr(65 + at)}{line}", cell) for at, cell in enumerate(row)) + "</row>"
        for line, row in enumerate(rows, first_row)
    )  # fmt: skip


def _cell(place: str, cell: Any) -> str:
    match cell:
        case None:
            return ""
        case timedelta():
            return f'<c r="{place}" s="3"><v>{cell / timedelta(days=1)}</v></c>'
        case bool():
            return f'<c r="{place}" t="b"><v>{cell:d}</v></c>'
        case int() | float():
            return f'<c r="{place}"><v>{cell}</v></c>'
        case datetime():
            return f'<c r="{place}" s="2"><v>{(cell - EPOCH).total_seconds() / 86400}</v></c>'
        case date():
            return f'<c r="{place}" s="1"><v>{(cell - EPOCH.date()).days}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'


def xlsx_of_sheets(sheets: dict[str, str], hidden: tuple[str, ...] = ()) -> bytes:
    """`sheets`: names → the XML of their rows."""
    numbered = list(enumerate(sheets, 1))
    listed = "".join(
        f'<sheet name="{name}" sheetId="{at}" r:id="rId{at}"{" state=" + chr(34) + "hidden" + chr(34) if name in hidden else ""}/>'
        for at, name in numbered
    )
    targets = [(f"rId{at}", "worksheet", f"worksheets/sheet{at}.xml") for at, _name in numbered]
    files = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": _relations(("rId1", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{SHEETML}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations(*targets, ("rIdS", "styles", "styles.xml")),
        "xl/styles.xml": STYLES,
    }
    for at, name in numbered:
        files[f"xl/worksheets/sheet{at}.xml"] = (
            f'<worksheet xmlns="{SHEETML}"><sheetData>{sheets[name]}</sheetData></worksheet>'
        )
    return zipped(files)


def _relations(*relations: tuple[str, str, str]) -> str:
    listed = "".join(
        f'<Relationship Id="{key}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for key, kind, target in relations
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{listed}</Relationships>'


def ods(*rows: list[str]) -> bytes:
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p></table:table-cell>'
            for cell in row
        )
        + "</table:table-row>"
        for row in rows
    )
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
            "content.xml": ODS.format(rows=cells),
        }
    )


def zipped(files: dict[str, str]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return data.getvalue()
