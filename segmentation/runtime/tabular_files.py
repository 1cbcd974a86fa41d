"""Writes frames as CSV or Parquet in batches of 100,000 rows: a million customers take about half a second."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from segmentation.runtime.formula_injection import FORMULA_START

BATCH_ROWS = 100_000
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}".encode()

_QUOTED = r'^$|[",;\t\r\n]'
_NEVER_TEXT = (
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_decimal,
    pa.types.is_boolean,
    pa.types.is_temporal,
)
"""Types that are never escaped as formulas: a negative amount stays a number."""


Rows = pd.DataFrame | Iterable[pd.DataFrame]
"""A frame, or its batches, of which only one is in memory at a time."""


def iter_batches(rows: Rows, max_rows: int = BATCH_ROWS) -> Iterator[pd.DataFrame]:
    """Yield frames of `max_rows` rows, the last one shorter; an empty one if there are no rows.

    >>> [len(part) for part in iter_batches([pd.DataFrame({"a": range(n)}) for n in (3, 0, 4)], 2)]
    [2, 2, 2, 1]
    """
    if isinstance(rows, pd.DataFrame):
        for start in range(0, max(len(rows), 1), max_rows):
            yield rows.iloc[start : start + max_rows]
        return
    buffer, is_empty = pd.DataFrame(), True
    for frame in rows:
        buffer = pd.concat([buffer, frame], ignore_index=True) if len(buffer) else frame
        while len(buffer) >= max_rows:
            yield buffer.iloc[:max_rows]
            buffer, is_empty = buffer.iloc[max_rows:], False
    if len(buffer) or is_empty:
        yield buffer


def write_csv(rows: Rows, out: IO[bytes], *, escape_formulas: bool) -> None:
    """Write rows as UTF-8 CSV.

    Text is quoted where needed. Whole numbers have no ".0", floats their shortest text that reads back to the same
    bits, missing values are empty, times are ISO 8601 in UTC.

    Args:
        rows: a frame or its batches.
        out: a binary file.
        escape_formulas: for spreadsheets: a byte order mark (Excel needs it to detect UTF-8), CRLF, and a leading
            apostrophe in cells and headers that a spreadsheet would run as a formula (see `formula_injection`).
            Otherwise, for programs: no byte order mark, LF, and every text exactly as it is.

    >>> import io
    >>> out = io.BytesIO()
    >>> write_csv(pd.DataFrame({"customer_id": ["00123", "=1+1"], "monetary": [-12.5, 3.0]}), out, escape_formulas=True)
    >>> out.getvalue().decode("utf-8-sig").splitlines()
    ['customer_id,monetary', '00123,-12.5', "'=1+1,3"]
    """
    end = "\r\n" if escape_formulas else "\n"
    for number, part in enumerate(iter_batches(rows)):
        if number == 0:
            header = pa.array([str(name) for name in part.columns], pa.large_string())
            line = ",".join(_escape_text_cells(header, escape_formulas).to_pylist()) + end
            out.write((BOM if escape_formulas else b"") + line.encode())
        if len(part):
            cells = [_format_csv_cells(part.iloc[:, column], escape_formulas) for column in range(part.shape[1])]
            write_joined(cells, "", ",", end, out)


def render_csv(rows: Rows, *, escape_formulas: bool = True) -> bytes:
    """The output of `write_csv` as bytes, for downloads."""
    out = io.BytesIO()
    write_csv(rows, out, escape_formulas=escape_formulas)
    return out.getvalue()


def write_parquet(rows: Rows, out: IO[bytes], *, about: Mapping[str, str]) -> None:
    """Write rows as Parquet: every text exactly as it is, times as UTC to the microsecond.

    Args:
        rows: a frame or its batches.
        out: a binary file.
        about: key-value metadata of the file.
    """
    writer = None
    try:
        for frame in iter_batches(rows):
            part = _to_arrow(frame)
            if writer is None:
                writer = pq.ParquetWriter(out, part.schema.with_metadata(dict(about)), compression="zstd")
            writer.write_table(part.replace_schema_metadata(dict(about)))
    finally:
        if writer is not None:
            writer.close()


def _to_arrow(frame: pd.DataFrame) -> pa.Table:
    """Convert a frame; the types depend on its dtypes only, so that all batches have the same schema."""
    columns = {}
    for name in frame.columns:
        column = frame[name]
        if column.dtype.kind in "iuf":
            columns[str(name)] = pa.array(column, from_pandas=True)
        elif isinstance(column.dtype, pd.DatetimeTZDtype):
            columns[str(name)] = pa.array(column.dt.tz_convert("UTC"), pa.timestamp("us", "UTC"), from_pandas=True)
        else:
            columns[str(name)] = format_cells(column)
    return pa.table(columns)


def write_joined(cells: list[pa.LargeStringArray], begin: str, between: str, end: str, out: IO[bytes]) -> None:
    """Write one line per row; Arrow stores the joined lines contiguously, so its buffer is the text of the file."""
    cells = [*cells]
    cells[0] = pc.binary_join_element_wise(_to_scalar(begin), cells[0], _to_scalar(""))
    cells[-1] = pc.binary_join_element_wise(cells[-1], _to_scalar(end), _to_scalar(""))
    lines = pc.binary_join_element_wise(*cells, _to_scalar(between))
    _, offsets, data = lines.buffers()
    positions = np.frombuffer(offsets, np.int64, len(lines) + 1, lines.offset * 8)
    out.write(memoryview(data)[positions[0] : positions[-1]])


def format_cells(column: pd.Series[Any]) -> pa.LargeStringArray:
    """A column as text, null where a value is missing."""
    return _decode_dictionary(column)[1]


def _format_csv_cells(column: pd.Series[Any], escape_formulas: bool) -> pa.LargeStringArray:
    """A column as the text of its cells in a CSV file."""
    values, text = _decode_dictionary(column)
    if not any(is_kind(values.type) for is_kind in _NEVER_TEXT):
        text = _escape_text_cells(text, escape_formulas)
    return pc.fill_null(text, "")


def _decode_dictionary(column: pd.Series[Any]) -> tuple[pa.Array, pa.LargeStringArray]:
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.tz_convert("UTC")
    try:
        values = pa.array(column, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # an object column of mixed types
        values = pa.array(column.map(str, na_action="ignore"), pa.large_string(), from_pandas=True)
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    try:
        text = pc.cast(values, pa.large_string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # bytes that are not UTF-8, or nested values
        text = pa.array([None if value is None else str(value) for value in values.to_pylist()], pa.large_string())
    if pa.types.is_timestamp(values.type):
        text = pc.replace_substring_regex(pc.replace_substring(text, " ", "T"), r"\.0+(Z?)$", r"\1")
    return values, text


def _escape_text_cells(text: pa.LargeStringArray, escape_formulas: bool) -> pa.LargeStringArray:
    """Escape formulas (for people) and quote cells where needed.

    Cells with a semicolon or tab are quoted too: spreadsheets in some locales split lines there.
    """
    if escape_formulas:
        text = _replace_where(text, FORMULA_START, lambda cells: wrap_cells("'", cells, ""))
    return _replace_where(text, _QUOTED, lambda cells: wrap_cells('"', pc.replace_substring(cells, '"', '""'), '"'))


def _replace_where(text: pa.LargeStringArray, pattern: str, change: Any) -> pa.LargeStringArray:
    matches = pc.match_substring_regex(text, pattern)
    return pc.if_else(matches, change(text), text) if pc.any(matches).as_py() else text


def wrap_cells(before: str, cells: pa.LargeStringArray, after: str) -> pa.LargeStringArray:
    """Put a text before and after every cell."""
    return pc.binary_join_element_wise(_to_scalar(before), cells, _to_scalar(after), _to_scalar(""))


def _to_scalar(text: str) -> pa.LargeStringScalar:
    return pa.scalar(text, pa.large_string())
