"""Detect the dialect of a CSV file: encoding, delimiter and column names.

Detection uses the bytes, never the file name. Text is UTF-8 (with or without a byte order mark), UTF-16, or otherwise
Windows-1252, whose printable characters include those of Latin-1.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import NamedTemporaryFile

from segmentation.errors import ColumnError, SourceError
from segmentation.sales.column_mapping import normalize_name
from segmentation.sales.column_names import SYNONYMS

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
MAX_COLUMNS = 500
_CHUNK = 1 << 20
_SAMPLE = 1 << 18
_LONGEST_HEADER = 1 << 23
"""Characters."""
_FILE_SIGNATURES = {
    b"PK\x03\x04": ("an Excel workbook or another zip", "Open it, save it as CSV UTF-8 and use that file."),
    b"\xd0\xcf\x11\xe0": ("an old or password-protected Excel workbook", "Open it, save it as CSV UTF-8."),
    b"PARE": ("an encrypted Parquet file", "Save it without encryption."),
    b"%PDF": ("a PDF", "Export the sales as CSV or Parquet."),
    b"\x1f\x8b": ("compressed (gzip)", "Unpack it first."),
    b"BZh": ("compressed (bzip2)", "Unpack it first."),
    b"\xfd7zXZ": ("compressed (xz)", "Unpack it first."),
    b"7z\xbc\xaf": ("compressed (7z)", "Unpack it first."),
    b"Rar!": ("compressed (rar)", "Unpack it first."),
    b"SQLite format": ("an SQLite database", "Export its table of sales as CSV."),
    b"\x89PNG": ("a picture", "Export the sales as CSV or Parquet."),
    b"\xff\xd8\xff": ("a picture", "Export the sales as CSV or Parquet."),
}
_MARKUP = re.compile(r"\s*<(!doctype|html|head|body|table|\?xml|meta|style|script|div)\b", re.IGNORECASE)
_VALUE = re.compile(r"[^A-Za-z]{0,3}\d[\d.,:/ -]*[^A-Za-z]{0,2}$")


@dataclass(frozen=True)
class Dialect:
    """Layout of a text file."""

    encoding: str
    delimiter: str
    names: tuple[str, ...]
    """Column names; duplicates are numbered."""
    skip: int
    """Lines before the header."""


def is_parquet(path: Path) -> bool:
    """Whether the file has the signature of a Parquet file."""
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def detect_dialect(path: Path, name: str) -> Dialect:
    """Detect the dialect of a text file.

    Args:
        path: the file.
        name: what to call it in an error.

    Raises:
        SourceError: the file is not text, or not a table.
        ColumnError: it has no header.
    """
    _reject_non_text(path, name)
    encoding = _detect_encoding(path, name)
    with path.open(encoding=encoding, newline="") as file:
        sample = file.read(_SAMPLE)
        is_complete = len(sample) < _SAMPLE
    if not sample.strip():
        raise SourceError(f"{name!r} contains no text.", hint="Export it again and check its size.")
    if _MARKUP.match(sample):
        raise SourceError(f"{name!r} is a web page, not a table.", hint="Open it in a spreadsheet and save it as CSV.")
    if sample.lstrip()[0] in "{[":
        raise SourceError(f"{name!r} is JSON, not a table.", hint="Export the sales as CSV or Parquet.")
    declared, skip = None, 0
    if match := re.match(r"sep=(.)\r?\n", sample):  # Excel's own separator line
        declared, skip, sample = match[1], 1, sample[match.end() :]
    if not is_complete:
        sample = sample[: sample.rfind("\n") + 1] or sample
    delimiter = declared if declared in DELIMITERS else _detect_delimiter(sample, name)
    rows = _parse_rows(sample, delimiter)
    lead = next((number for number, row in enumerate(rows) if len(row) > 1), None)
    if lead is None:
        raise _one_column(name)
    skip += lead  # a title above the table contains no delimiter
    return Dialect(encoding, delimiter, _parse_header(_read_header(path, encoding, delimiter, skip, name), name), skip)


@contextmanager
def create_utf8_copy(path: Path, encoding: str, folder: Path | None = None) -> Iterator[Path]:
    """Yield a temporary UTF-8 copy of a text file with uniform line endings, as DuckDB requires.

    Args:
        path: the file.
        encoding: its encoding.
        folder: where to write the copy; None: the system's temporary directory. Only this user can read it.
    """
    with NamedTemporaryFile(suffix=".csv", prefix="segments-", dir=folder) as copy:
        with path.open(encoding=encoding) as text:
            while chunk := text.read(_CHUNK):
                copy.write(chunk.encode())
        copy.flush()
        yield Path(copy.name)


def _reject_non_text(path: Path, name: str) -> None:
    with path.open("rb") as file:
        start = file.read(16)
    for signature, (kind, hint) in _FILE_SIGNATURES.items():
        if start.startswith(signature):
            raise SourceError(f"{name!r} is {kind}, not a text table.", hint=hint)


def _detect_encoding(path: Path, name: str) -> str:
    with path.open("rb") as file:
        start = file.read(4096)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    elif start[1::2].count(0) > len(start) // 3:
        candidates = ["utf-16-le"]
    elif start[::2].count(0) > len(start) // 3:
        candidates = ["utf-16-be"]
    else:
        candidates = ["utf-8-sig", "cp1252"]
    for encoding in candidates:
        if _decodes(path, encoding):
            return encoding
    raise SourceError(
        f"{name!r} is not a supported text file.", hint="Save it as CSV in UTF-8, or as Parquet, and try again."
    )


def _decodes(path: Path, encoding: str) -> bool:
    """Whether the whole file decodes in this encoding, without control characters."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                if _CONTROL_CHARACTERS.search(decoder.decode(chunk)):
                    return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


_CONTROL_CHARACTERS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def _parse_rows(sample: str, delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter))
    except csv.Error:  # an unclosed quotation mark exceeds the field size limit of the parser
        return [line.split(delimiter) for line in sample.splitlines()]


def _detect_delimiter(sample: str, name: str) -> str:
    """The delimiter with the most known column names, then the most regular lines, then the most columns."""
    fits: dict[str, tuple[int, float, int]] = {}
    for delimiter in DELIMITERS:
        rows = [row for row in _parse_rows(sample, delimiter) if row]
        lead = next((row for row in rows if len(row) > 1), None)
        if lead is None:
            continue
        body = rows[rows.index(lead) + 1 :]
        regular = sum(len(row) == len(lead) for row in body) / len(body) if body else 1.0
        known = {normalize_name(text) for text in lead} & _KNOWN
        fits[delimiter] = (len(known), round(regular, 1), len(lead))
    if not fits:
        raise _one_column(name)
    return max(fits, key=lambda delimiter: fits[delimiter])


_KNOWN = {normalize_name(text) for name, synonyms in SYNONYMS.items() for text in (name, *synonyms)}


def _one_column(name: str) -> SourceError:
    return SourceError(
        f"{name!r} has only one column.",
        hint=f"Separate its columns by {', '.join(list(DELIMITERS.values())[:-1])} or vertical bar.",
    )


def check_column_count(name: str, columns: int) -> None:
    """Raise SourceError if a table has more than MAX_COLUMNS columns."""
    if columns > MAX_COLUMNS:
        raise SourceError(f"{name!r} has {columns:,} columns.", hint=f"The limit is {MAX_COLUMNS}.")


def _read_header(path: Path, encoding: str, delimiter: str, skip: int, name: str) -> list[str]:
    """Read the complete header, which may be longer than the sample and contain quoted line breaks."""
    with path.open(encoding=encoding, newline="") as file:
        lines = iter(lambda: file.readline(_LONGEST_HEADER + 1), "")
        try:
            header = next(islice(csv.reader(_limit_length(lines), delimiter=delimiter), skip, None))
        except (csv.Error, OverflowError, StopIteration) as error:
            raise SourceError(
                f"The header of {name!r} is too long.",
                hint="It may contain an unclosed quotation mark. Export it again as CSV.",
            ) from error
    return header


def _limit_length(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines; raise OverflowError after _LONGEST_HEADER characters."""
    length = 0
    for line in lines:
        length += len(line)
        if length > _LONGEST_HEADER:
            raise OverflowError
        yield line


def _parse_header(header: Sequence[str], name: str) -> tuple[str, ...]:
    check_column_count(name, len(header))
    cells = [" ".join(cell.split())[:100] for cell in header]
    values = [cell for cell in cells if _VALUE.match(cell)]
    if len(values) > 1 and not {normalize_name(cell) for cell in cells} & _KNOWN:
        raise ColumnError(
            f"{name!r} has no header: its first line contains the value {values[0]!r}.",
            hint="Add a first line with the column names, such as customer, date, amount.",
        )
    counts = Counter(cell.lower() for cell in cells)
    seen: Counter[str] = Counter()
    names: list[str] = []
    for number, cell in enumerate(cells, start=1):
        seen[cell.lower()] += 1
        text = cell or f"column {number}"
        if cell and counts[cell.lower()] > 1:
            text = f"{cell} ({seen[cell.lower()]})"
        while text.lower() in {known.lower() for known in names}:
            text += "'"
        names.append(text)
    return tuple(names)
