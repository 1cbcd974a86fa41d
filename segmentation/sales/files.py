"""Files of sales lines, read in a sandboxed in-memory DuckDB that can access no other file."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import duckdb
import ibis

from segmentation.errors import SourceError
from segmentation.messages import ColumnName, MapOption, Message
from segmentation.runtime import workdir
from segmentation.runtime.disk_space import describe_write_error
from segmentation.sales.complete_view import create_complete_view
from segmentation.sales.csv_parsing import parse_csv
from segmentation.sales.duckdb import CONFIG, DuckDBSource, check_file, with_temp_directory
from segmentation.sales.file_kinds import is_packed, is_parquet
from segmentation.sales.file_parsing import (
    MAX_USED_VALUE_BYTES,
    Config,
    build_value_too_long_error,
    check_decoded_size,
    connect_sandboxed,
    get_max_decoded_bytes,
    open_parquet,
)
from segmentation.sales.file_union import create_union_view
from segmentation.sales.running_work import RunningWork
from segmentation.sales.upload_decoding import decode_upload

_PARQUET_SUFFIXES = {".parquet", ".pq"}
_UNLIMITED_ROWS = 1 << 62


class FileSource(DuckDBSource):
    """One file, or several of one layout: text, Parquet, or a workbook or compressed table.

    Every column of a CSV is loaded as text and parsed later, so that ids such as 00123 keep their zeros. Lines with too
    many cells count as lines without values and keep their text. Workbooks and compressed files are decoded to Parquet
    by a subprocess with limits.
    """

    def __init__(
        self,
        path: Path,
        *,
        others: Sequence[Path] = (),
        part_names: Sequence[str] = (),
        pattern: str = "",
        name: str = "",
        note: str = "",
        notices: Sequence[str] = (),
        folder: Path | None = None,
        config: Config = CONFIG,
        work: RunningWork | None = None,
    ) -> None:
        """Open the files.

        Args:
            path: the file.
            others: further files.
            part_names: display names of all files; default: the names of the files.
            pattern: a glob by which the files are found again when they change; replaces `others`.
            name: display name; default: the name of the file.
            note: one sentence about the data.
            notices: sentences on how the files were decoded.
            folder: where temporary copies may be written; None: the directory of this process.
            config: DuckDB configuration.
            work: the running queries, shared with the code that may stop them.
        """
        super().__init__(path, work)
        self.name, self.note = name or path.name, note
        self._others, self._part_names, self._pattern = tuple(others), tuple(part_names), pattern
        self._folder, self._config = folder, config
        self._decoding_notices = tuple(notices)
        self._lock = threading.Lock()
        self._loaded: tuple[str, duckdb.DuckDBPyConnection] | None = None
        self._materialized: dict[str, str] = {}
        self._longest: dict[str, int] = {}
        with self._read_connection():  # report an unreadable file now, not at the first query
            pass

    def version(self) -> str:
        """Size and modification time of the file; for several files, a hash of both."""
        if not (self._others or self._pattern):
            return super().version()
        stats = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in self._list_paths()]
        return hashlib.sha256(repr(stats).encode()).hexdigest()[:16]

    def _list_paths(self) -> list[Path]:
        paths = find_files(self._pattern) if self._pattern else [self._path, *self._others]
        for path in paths:
            check_file(path)
            if any(char in str(path.resolve()) for char in "*?[]"):  # DuckDB would expand it as a glob
                raise SourceError(
                    f"The path of {path.name!r} contains *, ?, [ or ].", hint="Rename the file or its folder."
                )
        return paths

    def _connect(self) -> duckdb.DuckDBPyConnection:
        """A cursor on the in-memory database, which is reloaded when a file has changed."""
        version = self.version()
        with self._lock:
            if self._loaded is None or self._loaded[0] != version:
                self._loaded = (version, self._load(self._list_paths()))
                for name, sql in self._materialized.items():
                    self._loaded[1].execute(f"create table {name} as {sql}")
            return self._loaded[1].cursor()

    def materialize(self, query: ibis.Table) -> ibis.Table:
        """Store the result of `query` as a table, which is rebuilt when the file has changed."""
        sql = self.queries.compile_sql(query, "duckdb")
        name = "kept_" + hashlib.sha256(sql.encode()).hexdigest()[:16]
        with self._read_connection() as connection:
            if name not in self._materialized:
                connection.execute(f"create table if not exists {name} as {sql}")
                self._materialized[name] = sql
        return ibis.table(query.schema(), name=name)

    def _load(self, paths: Sequence[Path]) -> duckdb.DuckDBPyConnection:
        self.notices = self._decoding_notices
        if len(paths) == 1 and not is_packed(paths[0]) and not _is_parquet(paths[0]):
            # parsed once, not in every query
            connection, notices = load_csv(paths[0], self.name, self._folder, self._config)
            self.notices += notices
        else:
            files = [path.resolve() if _is_parquet(path) else self._decode(path) for path in paths]
            connection = connect_sandboxed(with_temp_directory(self._config), *files)
            if len(paths) == 1:
                open_parquet(connection, files[0], self.name)
            else:
                names = self._part_names or [path.name for path in paths]
                self.notices += create_union_view(connection, list(zip(names, files, strict=True)))
        max_bytes = sum(map(get_max_decoded_bytes, paths))
        self._longest = check_decoded_size(connection, self.name, max_bytes)
        return connection

    def _decode(self, path: Path) -> Path:
        """Decode a file to Parquet."""
        try:
            folder = self._folder or workdir.get_scratch_dir()
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            reason = describe_write_error(error)
            raise SourceError(f"{path.name!r} cannot be decoded here: {reason}.", hint="Free some space.") from error
        out = folder / f"{hashlib.sha256(bytes(path)).hexdigest()[:16]}.parquet"
        self.notices += decode_upload(path, out, path.name, _UNLIMITED_ROWS).notices
        return out

    def check_used_columns(self, columns: Mapping[str, str]) -> None:
        """Raise SourceError if a mapped column contains a value longer than MAX_USED_VALUE_BYTES.

        Args:
            columns: name in fct_sales -> name in the file.
        """
        for canonical, column in columns.items():
            if (length := self._longest.get(column, 0)) > MAX_USED_VALUE_BYTES:
                hint = Message(
                    "The limit is {bytes:,} bytes: check whether this is the {name}, or specify another column{how}.",
                    {
                        "bytes": MAX_USED_VALUE_BYTES,
                        "name": ColumnName(canonical),
                        "how": MapOption(f": --map {canonical}=NAME"),
                    },
                )
                raise build_value_too_long_error(self.name, column, length, hint)


def find_files(pattern: str) -> list[Path]:
    """The files that match a pattern such as exports/2024-*.csv, sorted by name.

    Raises:
        SourceError: there are none.
    """
    whole = Path(pattern)
    paths = sorted(path for path in Path(whole.anchor).glob(str(whole.relative_to(whole.anchor))) if path.is_file())
    if not paths:
        raise SourceError(f"No file matches {Path(pattern).name!r}.", hint="Check the folder and the pattern.")
    return paths


def load_csv(
    path: Path, name: str, folder: Path | None = None, config: Config = CONFIG
) -> tuple[duckdb.DuckDBPyConnection, tuple[str, ...]]:
    """Load a text file into an in-memory database, every column as text.

    Args:
        path: the file.
        name: its display name, for errors.
        folder: where a temporary UTF-8 copy may be written; None: the system's temporary directory.
        config: DuckDB configuration.

    Returns:
        the database, and notices on how the file was read.

    Raises:
        SourceError, ColumnError: the file is not a table.
    """
    parsed = parse_csv(path, name, partial(connect_sandboxed, with_temp_directory(config)), folder=folder)
    return parsed.connection, create_complete_view(parsed)


def _is_parquet(path: Path) -> bool:
    return is_parquet(path) or (path.suffix.lower() in _PARQUET_SUFFIXES and not is_packed(path))
