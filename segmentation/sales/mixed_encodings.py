"""Text files with some lines in UTF-8 and some in a code page, as when exports were appended to each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

_SAMPLED_BYTES = 1 << 16
_SHOWN_LINES = 5
_MIN_LINES = 3
"""Fewer lines that are not UTF-8 are taken as damaged, not as another encoding."""
_MULTI_BYTE = {"cp932", "gb18030", "big5", "euc_kr"}
_MIN_UTF8_SHARE = 0.3
"""Minimum share of the non-ASCII lines, because a line in a multi-byte code page can be valid UTF-8 by chance."""


@dataclass(frozen=True)
class Mixture:
    """The second encoding of a file."""

    encoding: str
    """The codec of lines that are not in UTF-8."""
    lines: int
    first_lines: tuple[int, ...]
    """Their first numbers, counted from 1."""

    def describe(self) -> str:
        """A notice on the lines that were read in the second encoding."""
        shown = ", ".join(f"{line:,}" for line in self.first_lines)
        more = " and others" if self.lines > len(self.first_lines) else ""
        return f"{self.lines:,} lines are not in UTF-8 like the others and were read as {self.encoding}: {shown}{more}."


def find_mixture(path: Path, guess_code_page: Callable[[bytes], str]) -> Mixture | None:
    """Find lines in a second encoding; None if the file has one encoding.

    Args:
        path: a file that is not valid UTF-8.
        guess_code_page: the most likely code page of text.
    """
    in_utf8, others = 0, 0
    numbers: list[int] = []
    sample = b""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.isascii():
                continue
            if not _is_in_code_page(line):
                in_utf8 += 1
                continue
            others += 1
            if len(numbers) < _SHOWN_LINES:
                numbers.append(number)
            if len(sample) < _SAMPLED_BYTES:
                sample += line
    if not in_utf8 or others < _MIN_LINES:
        return None
    encoding = guess_code_page(sample)
    if encoding in _MULTI_BYTE and in_utf8 < _MIN_UTF8_SHARE * (in_utf8 + others):
        return None
    return Mixture(encoding, others, tuple(numbers))


@contextmanager
def create_unmixed_copy(path: Path, mixture: Mixture, folder: Path | None = None) -> Iterator[Path]:
    """Yield a temporary copy in UTF-8, each line decoded in its own encoding.

    Args:
        path: the file.
        mixture: its second encoding.
        folder: where to write the copy; None: the system's temporary directory.
    """
    with NamedTemporaryFile(suffix=".csv", prefix="segments-", dir=folder) as copy:
        with path.open("rb") as file:
            for line in file:
                if _is_in_code_page(line):
                    line = line.decode(mixture.encoding, "replace").encode()
                copy.write(line)
        copy.flush()
        yield Path(copy.name)


def _is_in_code_page(line: bytes) -> bool:
    """Whether a line is not UTF-8; a damaged byte among valid characters does not count."""
    try:
        line.decode()
    except UnicodeDecodeError:
        valid = line.decode("utf-8", "ignore")
        characters = sum(not character.isascii() for character in valid)
        return len(line) - len(valid.encode()) > characters
    return False
