"""Parquet and CSV files, read by DuckDB in a room of their own: no other file can be reached from it."""

from __future__ import annotations

import hashlib
import re
import threading
from pathlib import Path

import duckdb
import ibis

from segmentation.errors import SourceError
from segmentation.sales.dialect import Dialect, find_dialect, in_utf8, is_parquet
from segmentation.sales.duckdb import CONFIG, TABLE, Config, DuckDBSource, with_room
from segmentation.warehouse.patience import restrict_access

TEXT, PARQUET = {".csv", ".tsv", ".txt"}, {".parquet", ".pq"}
BROKEN_LINES = 0.5
"""From this share of lines with too few or too many cells on, the file is not a table."""
_COLUMNS = {"MISSING COLUMNS", "TOO MANY COLUMNS"}


class FileSource(DuckDBSource):
    """One Parquet or CSV file.

    Every column of a CSV is read as text and understood later, so that an id like 00123 stays what it is. Lines with
    too few or too many cells count as lines without any value.
    """

    def __init__(
        self, path: Path, *, name: str = "", note: str = "", folder: Path | None = None, config: Config = CONFIG
    ) -> None:
        super().__init__(path)
        self.name, self.note = name or path.name, note
        self._folder, self._config = folder, config
        if path.suffix.lower() not in TEXT | PARQUET:
            raise SourceError(
                f"{self.name!r} is of a kind that is not read here.", hint="Save it as .csv or .parquet and try again."
            )
        if any(sign in str(self._path) for sign in "*?[]"):  # DuckDB would take it for a pattern of many files
            raise SourceError(f"The path of {self.name!r} holds *, ?, [ or ].", hint="Rename the file or its folder.")
        self._is_parquet = path.suffix.lower() in PARQUET or is_parquet(path)
        self._lock = threading.Lock()
        self._loaded: tuple[str, duckdb.DuckDBPyConnection] | None = None
        self._kept: dict[str, str] = {}
        with self._reading():  # a file that cannot be read is told now, not at the first query
            pass

    def _connect(self) -> duckdb.DuckDBPyConnection:
        """A cursor on a database in memory; it is made anew when the file has changed."""
        version = self.version()
        with self._lock:
            if self._loaded is None or self._loaded[0] != version:
                self._loaded = (version, self._load())
                for name, sql in self._kept.items():
                    self._loaded[1].execute(f"create table {name} as {sql}")
            return self._loaded[1].cursor()

    def keep(self, query: ibis.Table) -> ibis.Table:
        """A table with the answer to `query`, worked out now and again when the file has changed."""
        sql = str(ibis.to_sql(query, dialect="duckdb"))
        name = "kept_" + hashlib.sha256(sql.encode()).hexdigest()[:16]
        with self._reading() as connection:
            if name not in self._kept:
                connection.execute(f"create table if not exists {name} as {sql}")
                self._kept[name] = sql
        return ibis.table(query.schema(), name=name)

    def _load(self) -> duckdb.DuckDBPyConnection:
        if not self._is_parquet:
            # Parsed once: every later query reads columns, not text.
            return text_table(self._path, self.name, self._folder, self._config)
        connection = shut_in(self._path, self._config)
        try:
            connection.read_parquet(str(self._path), binary_as_string=True).create_view(TABLE)
        except duckdb.Error as error:
            hint = "Export it again; a part may be missing, or it is locked with a password."
            raise SourceError(f"{self.name!r} is not a readable Parquet file.", hint=hint) from error
        return connection


def text_table(path: Path, name: str, folder: Path | None = None, config: Config = CONFIG) -> duckdb.DuckDBPyConnection:
    """Parse a file of text into a table of a database in memory, every column as text.

    Args:
        path: the file.
        name: what to call it in an error.
        folder: where a copy in UTF-8 may be kept meanwhile; None: where the system keeps such files.
        config: of the database.

    Raises:
        SourceError, ColumnError: it is no table.
    """
    dialect = find_dialect(path, name)
    parsed = _parse(path, dialect, config) if dialect.encoding.startswith("utf-8") else "another encoding"
    if isinstance(parsed, str):  # lines that end in different ways are read from a copy too
        with in_utf8(path, dialect.encoding, folder) as text:
            parsed = _parse(text, dialect, config)
    if isinstance(parsed, str):
        raise _no_table(name, parsed)
    connection, rejected = parsed
    quotes = [line for kind, line in rejected if kind not in _COLUMNS]
    if quotes:
        raise _no_table(name, f"Line: {min(quotes)}")
    broken = len({line for _, line in rejected})
    whole = int(connection.table(TABLE).count("*").fetchall()[0][0])
    if broken > BROKEN_LINES * (broken + whole):
        raise SourceError(
            f"Most lines of {name!r} have other columns than its first line names.",
            hint="Export it again as CSV; a text that holds the delimiter has to stand in quotation marks.",
        )
    if broken:
        nulls = ", ".join(["null"] * len(dialect.names))
        connection.execute(f"insert into {TABLE} select {nulls} from range({broken})")
    return connection


def _parse(
    path: Path, dialect: Dialect, config: Config
) -> tuple[duckdb.DuckDBPyConnection, list[tuple[str, int]]] | str:
    """The table of a text, and the lines that do not fit in it (what is wrong, line); or why there is none."""
    connection = shut_in(path, config)
    try:
        connection.execute(f"create table {TABLE} as {_SELECT}", _options(dialect, path))
        return connection, connection.execute("select error_type, line from reject_errors").fetchall()
    except duckdb.Error as error:
        return str(error)


def shut_in(path: Path, config: Config = CONFIG) -> duckdb.DuckDBPyConnection:
    """A database in memory from which no file but one can be reached."""
    connection = duckdb.connect(config=with_room(config))
    connection.execute("set allowed_paths = [" + "'{}'".format(str(path).replace("'", "''")) + "]")
    return restrict_access(connection)


_SELECT = """
select * from read_csv(
    $path, auto_detect = false, delim = $delimiter, quote = '"', escape = '"', header = true, skip = $skip,
    columns = $columns, nullstr = '', store_rejects = true, rejects_limit = 0
)
"""


def _options(dialect: Dialect, path: Path) -> dict[str, object]:
    return {
        "path": str(path),
        "delimiter": dialect.delimiter,
        "skip": dialect.skip,
        "columns": dict.fromkeys(dialect.names, "VARCHAR"),
    }


def _no_table(name: str, told: str) -> SourceError:
    if told.startswith("Out of Memory"):
        return SourceError(
            f"{name!r} needs more memory than one file may take here.",
            hint="Leave out columns or earlier years, or save it as Parquet.",
        )
    line = re.search(r"Line: (\d+)", told)
    where = f" at line {line[1]}" if line else ""
    return SourceError(
        f"{name!r} cannot be read as a table{where}.",
        hint="A quotation mark there may be opened and not closed. Export it again as CSV.",
    )
