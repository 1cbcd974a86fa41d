"""Kinds of files by their content, never by their name, and unpacking of compressed ones within a size limit."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from segmentation.errors import SourceError
from segmentation.sales.file_parsing import check_unpacked_size

_GZIP, _ZIP, _OLD_EXCEL = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_EMPTY_ZIP = b"PK\x05\x06"
_UNSUPPORTED = {
    b"PARE": ("an encrypted Parquet file", "Save it without encryption."),
    b"%PDF": ("a PDF", "Export the sales as CSV or Parquet."),
    b"BZh": ("compressed (bzip2)", "Unpack it first."),
    b"\xfd7zXZ": ("compressed (xz)", "Unpack it first."),
    b"7z\xbc\xaf": ("compressed (7z)", "Unpack it first."),
    b"Rar!": ("compressed (rar)", "Unpack it first."),
    b"SQLite format": ("an SQLite database", "Export its table of sales as CSV."),
    b"\x89PNG": ("a picture", "Export the sales as CSV or Parquet."),
    b"\xff\xd8\xff": ("a picture", "Export the sales as CSV or Parquet."),
}
_NON_TABLE_SUFFIXES = {".txt", ".md", ".pdf", ".json", ".xml", ".html", ".png", ".jpg"}
"""Suffixes of files in a zip that are not its table, such as a description."""
_MAX_DEPTH = 2
"""A zip may hold a compressed file, which holds the table."""
_CHUNK = 1 << 20


def is_parquet(path: Path) -> bool:
    """Whether the file has the signature of a Parquet file."""
    return _read_start(path).startswith(b"PAR1")


def is_packed(path: Path) -> bool:
    """Whether the file is compressed or a workbook: only a subprocess with limits opens such a file."""
    return _read_start(path).startswith((_GZIP, _ZIP, _EMPTY_ZIP, _OLD_EXCEL))


def is_spreadsheet(path: Path) -> bool:
    """Whether the file is a workbook: .xlsx, .xlsb, .xls or .ods."""
    start = _read_start(path)
    if start.startswith(_ZIP):
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            return bool(names & {"xl/workbook.xml", "xl/workbook.bin"}) or {"content.xml", "mimetype"} <= names
    return start.startswith(_OLD_EXCEL)


def check_kind(path: Path, name: str) -> None:
    """Raise SourceError if the file is of a kind that is never a table."""
    start = _read_start(path)
    for signature, (kind, hint) in _UNSUPPORTED.items():
        if start.startswith(signature):
            raise SourceError(f"{name!r} is {kind}, not a text table.", hint=hint)


def unpack(path: Path, name: str, folder: Path, max_bytes: int) -> Path:
    """Unpack a compressed file; other files are returned as they are.

    Args:
        path: the file.
        name: its display name, for errors.
        folder: where to write its content.
        max_bytes: limit of the unpacked size, enforced while unpacking.

    Returns:
        the file with the table: text, Parquet or a workbook.

    Raises:
        SourceError: it is damaged, password-protected or too large, or does not contain exactly one table.
    """
    for depth in range(_MAX_DEPTH + 1):
        start = _read_start(path)
        kind = "compressed (gzip)" if start.startswith(_GZIP) else "an Excel workbook or another zip"
        try:
            if not start.startswith((_GZIP, _ZIP, _EMPTY_ZIP)) or is_spreadsheet(path):
                return path
            target = folder / f"unpacked-{depth}"
            if start.startswith(_GZIP):
                with gzip.open(path) as unpacked:
                    _copy(unpacked, target, name, max_bytes)
            else:
                with zipfile.ZipFile(path) as archive, archive.open(_find_table(archive, name)) as stream:
                    _copy(stream, target, name, max_bytes)
        except (zipfile.BadZipFile, zlib.error, EOFError, gzip.BadGzipFile, NotImplementedError) as error:
            raise SourceError(f"{name!r} is {kind}, but it is damaged.", hint="Export it again.") from error
        except RuntimeError as error:  # zipfile has no class of its own for this
            raise SourceError(f"{name!r} is password-protected.", hint="Save it without a password.") from error
        path = target
    raise SourceError(f"{name!r} contains archives within archives.", hint="Unpack it first.")


def check_archive_size(path: Path, name: str, max_bytes: int) -> None:
    """Raise SourceError if the parts of a workbook are too large by its own directory; zipfile's error if damaged."""
    if not _read_start(path).startswith(_ZIP):
        return
    with zipfile.ZipFile(path) as archive:
        check_unpacked_size(name, sum(part.file_size for part in archive.infolist()), max_bytes)


def _find_table(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    files = [
        part
        for part in archive.infolist()
        if not part.is_dir()
        and part.file_size
        and not any(folder.startswith((".", "__MACOSX")) for folder in PurePosixPath(part.filename).parts)
    ]
    tables = [part for part in files if PurePosixPath(part.filename).suffix.lower() not in _NON_TABLE_SUFFIXES]
    candidates = tables or files
    if len(candidates) != 1:
        listed = ", ".join(repr(PurePosixPath(part.filename).name[:60]) for part in candidates[:5])
        raise SourceError(
            f"{name!r} contains {len(candidates):,} files instead of one table{f': {listed}' if listed else ''}.",
            hint="Unpack it and choose the files with the sales.",
        )
    return candidates[0]


def _copy(stream: IO[bytes] | gzip.GzipFile, target: Path, name: str, max_bytes: int) -> None:
    size = 0
    with target.open("wb") as out:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            check_unpacked_size(name, size, max_bytes)
            out.write(chunk)


def _read_start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(16)
