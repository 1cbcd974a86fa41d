"""The source of uploaded files, which ends with its session."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from segmentation.errors import SourceError
from segmentation.sales.duckdb import CONFIG
from segmentation.sales.files import FileSource
from segmentation.sales.query_cache import QueryCache
from segmentation.settings import UPLOAD

MEMORY_LIMIT = "2GB"
"""Memory limit of one file; a file that needs more is refused."""
# No spilling to disk: nothing of an upload is written elsewhere.
_CONFIG = CONFIG | {"memory_limit": MEMORY_LIMIT, "temp_directory": ""}


class UploadSource(FileSource):
    """The uploaded file of one session, or several files of one layout."""

    def __init__(self, path: Path, name: str, digest: str, size: int, **options: Any) -> None:
        """Open what was decoded; `options` are those of `FileSource`."""
        self.uri = f"{UPLOAD}{path.stem}/{name}"
        self.size = size
        self.derived: dict[Any, Any] = {}
        """Cached results of the file, deleted with it."""
        self._digest = digest
        self.queries = QueryCache()  # queries contain column names and categories of the file
        super().__init__(path, name=name, folder=path.parent, config=_CONFIG, **options)
        table = self.table()
        self.lines = int(self.fetch(table.aggregate(lines=table.count())).to_pylist()[0]["lines"])
        """Number of lines below the header."""

    def version(self) -> str:
        """SHA-256 of the file."""
        if self._work.closed or not self._path.exists():
            raise build_missing_upload_error(self.name)
        return self._digest

    def free(self) -> None:
        """Free the memory of the file; no query may be running."""
        self.derived.clear()
        self.queries.clear()
        loaded, self._loaded = self._loaded, None
        if loaded is not None:
            loaded[1].close()


def build_missing_upload_error(name: str) -> SourceError:
    """The error for an upload that does not exist, or no longer exists."""
    return SourceError(
        f"The uploaded file {name!r} is no longer available.",
        hint="Upload it again, or specify another source.",
    )
