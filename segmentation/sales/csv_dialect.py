"""What kind of file it is and how its text is laid out: encoding, delimiter, names of columns.

Found from the bytes, never from the name of the file. Text is UTF-8 (with or without a byte order mark), UTF-16, or,
where it is neither, Windows-1252, of which Latin-1 is a part.
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
from segmentation.sales.column_mapping import SYNONYMS, normalize_name

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
MAX_COLUMNS = 500
_CHUNK = 1 << 20
_SAMPLE = 1 << 18
_LONGEST_HEADER = 1 << 23
"""Characters."""
_FILE_SIGNATURES = {
    b"PK\x03\x04": ("an Excel workbook or another zip", "Open it, save it as CSV UTF-8 and take that file."),
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
    """How a file of text is laid out."""

    encoding: str
    delimiter: str
    names: tuple[str, ...]
    """Names of the columns; those that occur twice are numbered, so that none is taken for the other."""
    skip: int
    """Lines before the one that names the columns."""


def is_parquet(path: Path) -> bool:
    """Whether the file starts as a Parquet file does."""
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def detect_dialect(path: Path, name: str) -> Dialect:
    """How the text of a file is laid out.

    Args:
        path: the file.
        name: what to call it in an error.

    Raises:
        SourceError: it is no text, or no table.
        ColumnError: its first line does not name the columns.
    """
    _reject_non_text(path, name)
    encoding = _detect_encoding(path, name)
    with path.open(encoding=encoding, newline="") as file:
        sample = file.read(_SAMPLE)
        whole = len(sample) < _SAMPLE
    if not sample.strip():
        raise SourceError(f"{name!r} holds no text.", hint="Export it again and check its size.")
    if _MARKUP.match(sample):
        raise SourceError(f"{name!r} is a web page, not a table.", hint="Open it in a spreadsheet, save it as CSV.")
    if sample.lstrip()[0] in "{[":
        raise SourceError(f"{name!r} is JSON, not a table.", hint="Export the sales as CSV or Parquet.")
    told, skip = None, 0
    if match := re.match(r"sep=(.)\r?\n", sample):  # what Excel writes for itself
        told, skip, sample = match[1], 1, sample[match.end() :]
    if not whole:
        sample = sample[: sample.rfind("\n") + 1] or sample
    delimiter = told if told in DELIMITERS else _detect_delimiter(sample, name)
    rows = _parse_rows(sample, delimiter)
    lead = next((number for number, row in enumerate(rows) if len(row) > 1), None)
    if lead is None:
        raise _one_column(name)
    skip += lead  # a title above the table has no delimiter in it
    return Dialect(encoding, delimiter, _parse_header(_read_header(path, encoding, delimiter, skip, name), name), skip)


@contextmanager
def create_utf8_copy(path: Path, encoding: str, folder: Path | None = None) -> Iterator[Path]:
    """A copy of a text in UTF-8, with lines that all end alike, as the engine needs it, for as long as it is used.

    folder: where the copy is kept; None: where the system keeps such files. Nobody else can read it.
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
    for mark, (kind, hint) in _FILE_SIGNATURES.items():
        if start.startswith(mark):
            raise SourceError(f"{name!r} is {kind}, not a table of text.", hint=hint)


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
        f"{name!r} is not text that can be read here.", hint="Save it as CSV in UTF-8, or as Parquet, and try again."
    )


def _decodes(path: Path, encoding: str) -> bool:
    """Whether all of a file is text in this encoding, without the signs that no text holds."""
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
    except csv.Error:  # a quotation mark that is never closed swallows more than a cell may hold
        return [line.split(delimiter) for line in sample.splitlines()]


def _detect_delimiter(sample: str, name: str) -> str:
    """The sign that cuts the lines into the columns that most of them have; among several, the most telling one."""
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
        f"{name!r} has one column only.",
        hint=f"Its columns should stand apart by {', '.join(list(DELIMITERS.values())[:-1])} or vertical bar.",
    )


def check_column_count(name: str, columns: int) -> None:
    """Raise SourceError if a table has more than MOST_COLUMNS columns."""
    if columns > MAX_COLUMNS:
        raise SourceError(f"{name!r} has {columns:,} columns.", hint=f"At most {MAX_COLUMNS} are read.")


def _read_header(path: Path, encoding: str, delimiter: str, skip: int, name: str) -> list[str]:
    """The whole header, which may be longer than the sample and hold line breaks within quotation marks."""
    with path.open(encoding=encoding, newline="") as file:
        lines = iter(lambda: file.readline(_LONGEST_HEADER + 1), "")
        try:
            header = next(islice(csv.reader(_limit_length(lines), delimiter=delimiter), skip, None))
        except (csv.Error, OverflowError, StopIteration) as error:
            raise SourceError(
                f"The line of {name!r} that names the columns is too long.",
                hint="A quotation mark there may be opened and not closed. Export it again as CSV.",
            ) from error
    return header


def _limit_length(lines: Iterable[str]) -> Iterator[str]:
    """The same lines; raises OverflowError after _LONGEST_HEADER characters."""
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
            f"The first line of {name!r} does not name the columns: it holds {values[0]!r}.",
            hint="Put a line with the name of each column above, such as customer, date, amount.",
        )
    counts = Counter(cell.lower() for cell in cells)
    seen: Counter[str] = Counter()
    names: list[str] = []
    for place, cell in enumerate(cells, start=1):
        seen[cell.lower()] += 1
        text = cell or f"column {place}"
        if cell and counts[cell.lower()] > 1:
            text = f"{cell} ({seen[cell.lower()]})"
        while text.lower() in {known.lower() for known in names}:
            text += "'"
        names.append(text)
    return tuple(names)
