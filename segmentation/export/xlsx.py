"""Writes a customer list as a workbook (XLSX): a sheet with its provenance, then a sheet for each segment.

A workbook is a ZIP file of XML. Cells are joined in batches of 100,000 rows, as for CSV, so that a million customers
take seconds and little memory; libraries that write cell by cell take minutes. Text is written as text: an ID keeps all
its digits and leading zeros, and nothing can become a formula or a link.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Mapping
from typing import IO, Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from segmentation.errors import SettingsError
from segmentation.runtime.tabular_files import BATCH_ROWS, format_cells, wrap_cells, write_joined

ABOUT_SHEET = "About this list"
MAX_SHEET_ROWS = 1_048_575
"""Maximum number of rows below the header of a sheet."""
MAX_CELL_CHARS = 32_767
"""Maximum length of a cell in UTF-16 code units."""
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f\x7f\ufffe\uffff]")
_MAX_NAME_CHARS = 31
_RESERVED = {"history"}  # Excel refuses a sheet of this name
_WIDTHS = {
    "customer_id": 22,
    "segment_name": 28,
    "prediction_timestamp": 22,
    "run_id": 28,
    "data_window": 46,
    **dict.fromkeys(("goal", "offer", "channel"), 60),
}

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TEXT = '<c t="inlineStr"{}><is><t xml:space="preserve">'
_END = "</t></is></c>"
_BOLD, _WRAPPED = ' s="1"', ' s="2"'
_FORM = 'numFmtId="0" fillId="0" borderId="0"'
_STYLES = f'''{_XML}<styleSheet xmlns="{_MAIN}">
<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>
<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>
<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>
<cellStyleXfs count="1"><xf {_FORM} fontId="0"/></cellStyleXfs>
<cellXfs count="3"><xf {_FORM} fontId="0" xfId="0"/>
<xf {_FORM} fontId="1" xfId="0" applyFont="1" applyAlignment="1"><alignment vertical="top"/></xf>
<xf {_FORM} fontId="0" xfId="0" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf></cellXfs>
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'''
_ESCAPED = re.compile("[\\x00-\\x08\\x0b-\\x1f\\ufffe\\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
"""Characters that XML cannot represent or would change, and a literal _ that Excel would read as their escape."""


def write_xlsx(frame: pd.DataFrame, segments: pd.DataFrame, out: IO[bytes], *, about: Mapping[str, str]) -> None:
    """Write a list as a workbook; the same list gives an identical file.

    Args:
        frame: one row per customer, with the columns to write.
        segments: segment_id and segment_name of the same rows; the rows of a segment are contiguous.
        out: a binary file.
        about: provenance for the first sheet: label -> text.

    Raises:
        SettingsError: a text is too long for a cell (nothing has been written), or a sheet is too large for a
            workbook.
    """
    _check_lengths(frame)
    sheets = assign_sheet_names(count_rows_by_segment(segments))
    about_rows = [*about.items(), ("Customers", f"{len(frame):,}")]
    about_rows += [(name, f"{rows:,} customers") for name, rows in sheets]
    try:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, allowZip64=False, compresslevel=3) as archive:
            for path, text in _build_package_parts([ABOUT_SHEET, *(name for name, _ in sheets)]).items():
                with _open_part(archive, path) as part:
                    part.write(text.encode())
            with _open_part(archive, "xl/worksheets/sheet1.xml") as part:
                part.write(_build_sheet_start([34, 90], is_active=not sheets))
                for label, text in about_rows:
                    part.write(_render_row([(label, _BOLD), (text, _WRAPPED)]))
                part.write(_SHEET_END)
            start = 0
            for number, (_, rows) in enumerate(sheets, start=2):
                with _open_part(archive, f"xl/worksheets/sheet{number}.xml") as part:
                    widths = [_WIDTHS.get(str(title), 16) for title in frame.columns]
                    part.write(_build_sheet_start(widths, is_active=number == 2, frozen=True))
                    part.write(_render_row([(str(title), _BOLD) for title in frame.columns]))
                    _write_rows(frame.iloc[start : start + rows], part)
                    part.write(_build_sheet_end(len(widths), rows))
                start += rows
    except (zipfile.LargeZipFile, RuntimeError) as error:
        raise SettingsError("The list is too large for a workbook.", hint="Use CSV or Parquet instead.") from error


def count_rows_by_segment(groups: pd.DataFrame) -> list[tuple[str, int]]:
    """Name and number of rows of each segment, in row order."""
    ids = groups["segment_id"].to_numpy()
    if not len(ids):
        return []
    starts = np.flatnonzero(np.r_[True, ids[1:] != ids[:-1]])
    ends = np.r_[starts[1:], len(ids)]
    names = groups["segment_name"].iloc[starts].astype(str)
    return [(name, int(end - start)) for name, start, end in zip(names, starts, ends, strict=True)]


def assign_sheet_names(sizes: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Assign each segment the name and number of rows of its sheet; a segment too large for one sheet gets several.

    Names follow the rules of spreadsheets: at most 31 characters, none of []:*?/\\, and unique regardless of case.

    >>> assign_sheet_names([("At risk: now?", 3), ("AT RISK NOW", 5), ("Loyal", 2_000_000)])
    [('At risk now', 3), ('AT RISK NOW (2)', 5), ('Loyal', 1048575), ('Loyal (2)', 951425)]
    """
    used = {ABOUT_SHEET.casefold(), *_RESERVED}
    sheets = []
    for segment, rows in sizes:
        plain = " ".join(_FORBIDDEN.sub(" ", segment).split()).strip("' ") or "Segment"
        for start in range(0, max(rows, 1), MAX_SHEET_ROWS):
            name, number = _truncate_name(plain, ""), 2
            while name.casefold() in used:
                name, number = _truncate_name(plain, f" ({number})"), number + 1
            used.add(name.casefold())
            sheets.append((name, min(MAX_SHEET_ROWS, rows - start)))
    return sheets


def _truncate_name(name: str, suffix: str) -> str:
    """Shorten a name so that it fits with the suffix; the limit counts UTF-16 code units."""
    while len((name + suffix).encode("utf-16-le")) > 2 * _MAX_NAME_CHARS:
        name = name[:-1].rstrip("' ")
    return name + suffix


def _check_lengths(frame: pd.DataFrame) -> None:
    for name in frame.columns:
        if pd.api.types.is_numeric_dtype(frame[name]):
            continue
        for start in range(0, len(frame), BATCH_ROWS):
            text = format_cells(frame[name].iloc[start : start + BATCH_ROWS])
            if (pc.max(pc.utf8_length(text)).as_py() or 0) > MAX_CELL_CHARS // 2:  # a character has up to two units
                raise SettingsError(
                    f"A text in {name} is too long for a cell of a workbook.", hint="Use CSV or Parquet instead."
                )


def _build_package_parts(names: list[str]) -> dict[str, str]:
    """The parts of a workbook except its sheets: path -> XML."""
    numbers = range(1, len(names) + 1)
    sheets = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"/>' for n, name in zip(numbers, names, strict=True)
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{_LINKS}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPES}worksheet+xml"/>' for n in numbers
    )
    package = "http://schemas.openxmlformats.org/package/2006"
    return {
        "[Content_Types].xml": f'{_XML}<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPES}styles+xml"/>{types}</Types>',
        "_rels/.rels": f'{_XML}<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{_LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}">'
        f'<bookViews><workbookView activeTab="{min(1, len(names) - 1)}"/></bookViews>'
        f"<sheets>{sheets}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{package}/relationships">{links}'
        f'<Relationship Id="rId{len(names) + 1}" Type="{_LINKS}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": _STYLES,
    }


def _open_part(archive: zipfile.ZipFile, path: str) -> IO[bytes]:
    """Open a file inside the ZIP, with a constant timestamp: equal lists give identical files."""
    info = zipfile.ZipInfo(path)
    info.compress_type, info._compresslevel = zipfile.ZIP_DEFLATED, 3  # type: ignore[attr-defined]
    return archive.open(info, "w")


_SHEET_END = b"</sheetData></worksheet>"


def _build_sheet_end(columns: int, rows: int) -> bytes:
    """The end of a sheet with a filter in its header.

    >>> _build_sheet_end(28, 3)
    b'</sheetData><autoFilter ref="A1:AB4"/></worksheet>'
    """
    letters = ""
    while columns:
        columns, letter = divmod(columns - 1, 26)
        letters = chr(65 + letter) + letters
    return f'</sheetData><autoFilter ref="A1:{letters}{rows + 1}"/></worksheet>'.encode()


def _build_sheet_start(widths: Iterable[int], *, is_active: bool, frozen: bool = False) -> bytes:
    """The beginning of a sheet with columns of these widths.

    is_active: the sheet is shown when the workbook opens. frozen: the header stays in view.
    """
    pane = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>' if frozen else ""
    columns = "".join(f'<col min="{n}" max="{n}" width="{w}" customWidth="1"/>' for n, w in enumerate(widths, start=1))
    selected = ' tabSelected="1"' if is_active else ""
    views = f'<sheetViews><sheetView{selected} workbookViewId="0">{pane}</sheetView></sheetViews>'
    return f'{_XML}<worksheet xmlns="{_MAIN}">{views}<cols>{columns}</cols><sheetData>'.encode()


def _render_row(cells: Iterable[tuple[str, str]]) -> bytes:
    return f"<row>{''.join(_TEXT.format(style) + _escape_text(text) + _END for text, style in cells)}</row>".encode()


def _write_rows(rows: pd.DataFrame, out: IO[bytes]) -> None:
    """Write the rows below the header; a missing value is an empty cell."""
    for start in range(0, len(rows), BATCH_ROWS):
        batch = rows.iloc[start : start + BATCH_ROWS]
        write_joined(
            [_render_column(batch.iloc[:, index]) for index in range(batch.shape[1])], "<row>", "", "</row>", out
        )


def _render_column(column: pd.Series[Any]) -> pa.LargeStringArray:
    """Render a column as XML cells, as numbers if it is numeric and as text otherwise."""
    if pd.api.types.is_numeric_dtype(column) and column.dtype.kind != "b":
        text, begin, end = format_cells(column.replace([np.inf, -np.inf], np.nan)), "<c><v>", "</v></c>"
    else:
        text, begin, end = _escape_column(format_cells(column)), _TEXT.format(""), _END
    cells = wrap_cells(begin, text, end)
    return pc.fill_null(cells, "<c/>")


def _escape_column(text: pa.LargeStringArray) -> pa.LargeStringArray:
    """Escape text for XML. Control characters are rare: only columns that contain one are escaped cell by cell."""
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = pc.replace_substring(text, character, entity)
    needs_escape = pc.match_substring_regex(text, r"[\x00-\x08\x0b-\x1f\x{FFFE}\x{FFFF}]|_x[0-9A-Fa-f]{4}_")
    if not pc.any(needs_escape).as_py():
        return text
    return pa.array([_escape_control_characters(cell) for cell in text.to_pylist()], pa.large_string())


def _escape_control_characters(text: str | None) -> str | None:
    return None if text is None else _ESCAPED.sub(lambda match: f"_x{ord(match[0]):04X}_", text)


def _escape_text(text: str) -> str:
    return _escape_control_characters(escape(text)) or ""
