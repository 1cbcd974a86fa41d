"""Detect the encoding of a text file, and copy it to UTF-8.

Text is UTF-8 (with or without a byte order mark), UTF-16, UTF-32, or otherwise a legacy code page; lines may be in two
encodings. A few invalid bytes do not change the encoding of a file: they are replaced, counted and located.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import NamedTemporaryFile

from segmentation.errors import SourceError
from segmentation.sales.mixed_encodings import Mixture, find_mixture
from segmentation.sales.unusual_layouts import CONTROL_DELIMITERS

_INVALID = "\udcff"
"""A lone surrogate, which no valid text contains."""
_CHUNK = 1 << 20
_SHOWN_LINES = 5
_MAX_INVALID_SHARE = 0.2
"""Maximum share of the non-ASCII characters; with more invalid ones, the encoding is another one."""
_SURVEYED_BYTES = 1 << 16
_OTHER_ALPHABETS = ("cp1251", "cp1253", "cp932", "gb18030", "big5", "euc_kr")
_MAX_CONTROLS, _MAX_CONTROL_SHARE = 2, 0.001
"""Maximum number of control characters, and their share of all; a file with more is not text."""
_CONTROL_CHARACTERS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_CENTRAL_EUROPEAN = re.compile("(?<=[A-Za-z])[\xb9\xb3\xbf\xbe]|[\xb9\xbf](?=[A-Za-z])")
"""Letters of Windows-1250 that are signs in Windows-1252, where no word contains them."""
_OLD_CODE_PAGES = {"cp850": "DOS", "mac_roman": "Mac OS Roman"}
"""Western code pages before Windows-1252."""
_MIN_LETTERS, _MAX_LETTERS_IN_CP1252 = 0.9, 0.5
"""Shares of the characters outside ASCII that are letters of a word, if an old code page is the right one."""


@dataclass(frozen=True)
class TextEncoding:
    """The encoding of a text file and its invalid bytes."""

    name: str
    """The name of a Python codec."""
    invalid_bytes: int = 0
    invalid_lines: tuple[int, ...] = ()
    """Numbers of the first lines with such bytes, counted from 1."""
    mixture: Mixture | None = None
    """The lines in a second encoding."""

    @property
    def is_plain_utf8(self) -> bool:
        """Whether the file can be read as UTF-8 as it is."""
        return self.name.startswith("utf-8") and not self.invalid_bytes

    @property
    def unmixed(self) -> TextEncoding:
        """The encoding after the lines in a second one were decoded."""
        return replace(self, invalid_bytes=0, invalid_lines=(), mixture=None)

    def describe(self) -> str:
        """A notice about invalid bytes or an old code page, or an empty string."""
        if not self.invalid_bytes:
            shown = _OLD_CODE_PAGES.get(self.name)
            return f"The file was read in the encoding of {shown} ({self.name})." if shown else ""
        lines = ", ".join(f"{line:,}" for line in self.invalid_lines)
        more = " and others" if self.invalid_bytes > len(self.invalid_lines) else ""
        noun = "byte is" if self.invalid_bytes == 1 else "bytes are"
        label = f"line{'s' if len(self.invalid_lines) > 1 else ''} {lines}{more}"
        return f"{self.invalid_bytes:,} {noun} not valid in the encoding of the file and shown as \ufffd: {label}."


UTF8 = TextEncoding("utf-8")


def detect_encoding(path: Path, name: str) -> TextEncoding:
    """Detect the encoding of a text file from all its bytes.

    Args:
        path: the file.
        name: what to call it in an error.

    Raises:
        SourceError: the file is not text.
    """
    with path.open("rb") as file:
        start = file.read(4096)
    if start.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        candidates = ["utf-32"]
    elif start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    elif start[1::2].count(0) > len(start) // 3:
        candidates = ["utf-16-le"]
    elif start[::2].count(0) > len(start) // 3:
        candidates = ["utf-16-be"]
    else:
        candidates = ["utf-8-sig"]
    delimiter = _find_control_delimiter(start)
    for encoding in candidates:
        found = _survey(path, encoding, delimiter)
        may_be_mixed = encoding == "utf-8-sig" and (found is None or found.invalid_bytes)
        if may_be_mixed and (mixture := find_mixture(path, _guess_code_page)) is not None:
            return TextEncoding(encoding, mixture=mixture)
        if found is not None:
            return found
    if candidates == ["utf-8-sig"]:
        for encoding in dict.fromkeys((_guess_code_page(_sample_lines(path)), "cp1252")):
            if (found := _survey(path, encoding, delimiter)) is not None:
                return found
    raise SourceError(
        f"{name!r} is not a supported text file.", hint="Save it as CSV in UTF-8, or as Parquet, and try again."
    )


@contextmanager
def create_utf8_copy(path: Path, encoding: str, folder: Path | None = None, skip: int = 0) -> Iterator[Path]:
    """Yield a temporary UTF-8 copy of a text file with uniform line endings, as DuckDB requires.

    Args:
        path: the file.
        encoding: its encoding; invalid bytes are replaced.
        folder: where to write the copy; None: the system's temporary directory. Only this user can read it.
        skip: lines at the beginning to leave out.
    """
    with NamedTemporaryFile(suffix=".csv", prefix="segments-", dir=folder) as copy:
        with path.open(encoding=encoding, errors="replace") as text:
            for _ in range(skip):
                text.readline()
            while chunk := text.read(_CHUNK):
                copy.write(replace_control_characters(chunk).encode())
        copy.flush()
        yield Path(copy.name)


def replace_control_characters(text: str) -> str:
    """Text with \ufffd for control characters, at which parsers stop."""
    return _CONTROL_CHARACTERS.sub("\ufffd", text)


def _find_control_delimiter(start: bytes) -> str:
    """The control character that stands equally often in each line, as a delimiter does; "" if none does."""
    for character in CONTROL_DELIMITERS:
        counts = {line.count(character.encode()) for line in start.split(b"\n")[:-1] if line.strip()}
        if len(counts) == 1 and counts != {0}:
            return character
    return ""


def _survey(path: Path, encoding: str, delimiter: str = "") -> TextEncoding | None:
    """Decode the whole file; None if it has many control characters or too many invalid bytes for this encoding.

    delimiter: a control character that is expected.
    """
    decoder = codecs.getincrementaldecoder(encoding)(_mark_invalid.__name__)
    invalid, others, line, controls, size = 0, 0, 1, 0, 0
    lines: list[int] = []
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            text = decoder.decode(chunk, final=not chunk)
            size += len(text)
            if delimiter:
                text = text.replace(delimiter, ",")
            if _CONTROL_CHARACTERS.search(text):
                text, count = _CONTROL_CHARACTERS.subn(_INVALID, text)
                controls += count
            if not text.isascii():
                marks = [match.start() for match in re.finditer(_INVALID, text)]
                others += len(text) - len(text.encode("ascii", "ignore")) - len(marks)
                invalid += len(marks)
                for mark in marks[: _SHOWN_LINES - len(lines)]:
                    number = line + text.count("\n", 0, mark)
                    lines += [number] if number not in lines else []
            if not chunk:
                break
            line += text.count("\n")
    if controls > max(_MAX_CONTROLS, _MAX_CONTROL_SHARE * size):
        return None
    if invalid - controls > _MAX_INVALID_SHARE * (others + invalid - controls):
        return None
    return TextEncoding(encoding, invalid, tuple(lines))


def _mark_invalid(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return _INVALID, error.end


codecs.register_error(_mark_invalid.__name__, _mark_invalid)


def _sample_lines(path: Path) -> bytes:
    """The first lines outside ASCII."""
    sample = b""
    with path.open("rb") as file:
        for line in iter(lambda: file.readline(_SURVEYED_BYTES), b""):
            if not line.isascii():
                sample += line
                if len(sample) > _SURVEYED_BYTES:
                    break
    return sample


def _guess_code_page(sample: bytes) -> str:
    """The most likely code page of lines that are not UTF-8.

    On generated sales lines, charset-normalizer tells Western European, Cyrillic and Korean text apart without an
    error, but takes Western for Central European text where both are candidates. Letters between signs decide there.
    """
    if len(set(_CENTRAL_EUROPEAN.findall(sample.decode("cp1252", "replace")))) > 1:
        return "cp1250"
    shares = {encoding: _share_letters(sample, encoding) for encoding in _OLD_CODE_PAGES}
    old = max(shares, key=lambda encoding: shares[encoding])
    if shares[old] >= _MIN_LETTERS and _share_letters(sample, "cp1252") <= _MAX_LETTERS_IN_CP1252:
        return old
    from charset_normalizer import from_bytes  # rarely needed

    best = from_bytes(sample, cp_isolation=["cp1252", *_OTHER_ALPHABETS]).best()
    return "cp1252" if best is None else best.encoding


def _share_letters(sample: bytes, encoding: str) -> float:
    """The share of the non-ASCII characters that are letters of a word, whose other letters are mostly ASCII."""
    text = sample.decode(encoding, "replace")
    positions = [position for position, character in enumerate(text) if not character.isascii()]
    return sum(_is_letter_of_word(text, position) for position in positions) / max(len(positions), 1)


def _is_letter_of_word(text: str, position: int) -> bool:
    """Whether a character is a letter next to an ASCII letter, and not a capital after a lower-case letter."""
    before, letter, after = text[position - 1 : position], text[position], text[position + 1 : position + 2]
    beside = any(other.isascii() and other.isalpha() for other in (before, after))
    return letter.isalpha() and beside and not (before.islower() and letter.isupper())
