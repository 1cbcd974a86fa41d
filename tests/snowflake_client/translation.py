"""Statements of Snowflake in words that fakesnow knows, and what its answers lack."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import fakesnow.arrow as arrow
import fakesnow.cursor as cursor
import fakesnow.server as fakesnow_server
import pyarrow as pa
import stages
from account import split_name
from fakesnow import transforms
from fakesnow.transforms import stage
from sqlglot import exp, parse_one

SIGNED = (
    "host;x-goog-if-generation-match;x-goog-meta-sfc-digest;x-goog-meta-encryptiondata;x-goog-meta-matdesc;"
    "x-goog-meta-sfc-encryption;content-type;content-encoding"
)
DONE = "SELECT 'Statement executed successfully.' AS status"
_DYNAMIC_TABLE = re.compile(
    r"(\s*CREATE\s+(?:OR\s+REPLACE\s+)?)DYNAMIC(\s+TABLE\s+\S+).*?(?=\bAS\s+(?:SELECT|WITH)\b)",
    re.IGNORECASE | re.DOTALL,
)
_NOT_IN_QUERIES = re.compile(r"(alter|create|drop|extract_comment|list|put|set|show)_|tag$")
"""Names of fakesnow's transformations that concern statements other than queries."""
imported: set[str] = set()
"""Databases that were created from a share: they do not tell when a table has changed."""


def understood(values: dict[str, Any]) -> str:
    """The statement in words that fakesnow knows; its bindings are changed in place."""
    text = str(values.get("sqlText", ""))
    if re.match(r"\s*alter\s+session", text, re.IGNORECASE):
        return DONE
    text = _DYNAMIC_TABLE.sub(r"\1\2 ", text)
    text = re.sub(r"\bCOPY\s+GRANTS\b", "", text, flags=re.IGNORECASE)
    text = re.sub(r"\\x([0-9a-fA-F]{2})", lambda result: chr(int(result[1], 16)), text)
    text = re.sub(r"SYSTEM\$LAST_CHANGE_COMMIT_TIME\('((?:[^']|'')+)'\)", rows_told, text)
    bindings = values.get("bindings") or {}
    text = upper_stage(text)
    for value in bindings.values():
        if isinstance(value.get("value"), str):
            value["value"] = upper_stage(value["value"])
    if re.search(r"infer_schema\(location\s*=>\s*\?", text, re.IGNORECASE):
        values["bindings"] = None
        return stages.columns(Path(stage.LOCAL_BUCKET_PATH), bindings["1"]["value"])
    # A temporary table would be known by its bare name only.
    text = re.sub(r"(?i)\b(create (or replace )?)temp(orary)? table", r"\1table", text, count=1)
    if text.startswith("COPY INTO"):
        text = re.sub(r"FROM '@([^']+)'", lambda result: "FROM @" + result[1].replace('"', ""), text)
    if "identifier(?)" in text.lower() and bindings:
        text, values["bindings"] = fill_in(text, bindings)
    return text


def rows_told(result: re.Match[str]) -> str:
    """The token of a table as a number; of one that is not there, something that fails as Snowflake would."""
    name = result[1].replace("''", "'")
    if split_name(name)[0] in imported:
        return "NULL"
    connection = fakesnow_server.shared_fs.duck_conn.cursor()
    try:
        count, mixed = connection.execute(f"select count(*), sum(hash(t) % 1000003) from {name} as t").fetchall()[0]
    except duckdb.CatalogException:
        return f"(SELECT 1 FROM {name})"
    return str(count * 1_000_000_007 + int(mixed or 0))


def upper_stage(text: str) -> str:
    return re.sub(r"__WRITE_PANDAS_\w+", lambda result: result[0].upper(), text)


def fill_in(text: str, bindings: dict[str, Any]) -> tuple[str, dict[str, Any] | None]:
    numbers, left = itertools.count(1), []

    def fill(result: re.Match[str]) -> str:
        binding = bindings[str(next(numbers))]
        if result[0] == "?":
            left.append(binding)
            return "?"
        return str(binding["value"])

    text = re.sub(r"IDENTIFIER\(\?\)|\?", fill, text, flags=re.IGNORECASE)
    return text, {str(at): value for at, value in enumerate(left, start=1)} or None


def name_target(text: str, bindings: dict[str, Any]) -> str:
    """A statement without comments before it, and with the name that is bound to IDENTIFIER(?)."""
    is_bound = bindings and "identifier(?)" in text.lower()
    text = fill_in(text, bindings)[0] if is_bound else text
    return re.sub(r"^(?:\s+|--[^\n]*\n|/\*.*?\*/)+", "", text, flags=re.DOTALL)


def whole_trim(expression: Any) -> Any:
    """TRIM with its second argument."""
    changed = plain_trim(expression)
    if changed is not expression and expression.args.get("expression") is not None:
        changed.set("expression", expression.args["expression"])
    return changed


def nullable(field: pa.Field) -> pa.Field:
    if not pa.types.is_struct(field.type):
        return field
    parts = [pa.field(part.name, part.type, nullable=True) for part in field.type]
    return pa.field(field.name, pa.struct(parts), metadata=field.metadata)


plain_trim = transforms.trim_cast_varchar
transforms.trim_cast_varchar = whole_trim
plain_schema, plain_struct = arrow.to_sf_schema, arrow.timestamp_to_sf_struct
plain_stage = fakesnow_server.gcs_stage_info


def time_stamps(values: Any) -> pa.Array:
    array = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if array.type.tz not in {None, "UTC"}:  # the same instants
        array = array.cast(pa.timestamp(array.type.unit, "UTC"))
    created = plain_struct(array)
    fields = [pa.field(part.name, part.type, nullable=True) for part in created.type]
    return pa.StructArray.from_arrays(
        [created.field(at) for at in range(created.type.num_fields)], fields=fields, mask=array.is_null()
    )


def merge_natively(expression: Any) -> list[Any]:
    """MERGE as DuckDB has it, and an answer; fakesnow's own looks for the name of a source that has an alias."""
    return [expression, parse_one(DONE)] if isinstance(expression, exp.Merge) else [expression]


@lru_cache(maxsize=32)
def parse_shared(command: str) -> Any:
    """Parse a statement, once for all who only read its syntax tree."""
    expression = plain_parse(command)
    expression.meta["command"] = command
    return expression


def parse_to_change(command: str) -> Any:
    """Parse a statement for the cursor, which changes the syntax tree of all but queries."""
    expression = parse_shared(command)
    return expression if isinstance(expression, exp.Query) else expression.copy()


class QueryTree:
    """The syntax tree of a query, without the transformations that concern other statements only."""

    def __init__(self, expression: Any) -> None:
        self.expression = expression

    def transform(self, change: Callable[..., Any], *arguments: Any, **options: Any) -> QueryTree:
        names = change.__code__.co_names if change.__name__ == "<lambda>" else (change.__name__,)
        if not any(map(_NOT_IN_QUERIES.match, names)):
            self.expression = self.expression.transform(change, *arguments, **options)
        return self


def transform_once(self: cursor.FakeSnowflakeCursor, expression: Any, params: Any) -> Any:
    """Transform a statement to DuckDB's dialect, a repeated query only once: fakesnow traverses its tree 76 times."""
    if not isinstance(expression, exp.Query):
        return plain_transform(self, expression, params)
    command = expression.meta.get("command", "")
    if not command or "identifier" in command.lower():
        return plain_transform(self, QueryTree(expression.copy()), params).expression
    key = (command, self._conn.database, self._conn.schema)
    if key not in transformed_queries:
        transformed_queries[key] = plain_transform(self, QueryTree(expression.copy()), params).expression
    return transformed_queries[key]


def describe_last(self: cursor.FakeSnowflakeCursor) -> Any:
    """Describe the columns of the last query; fakesnow parses and writes its SQL once more for that."""
    if not re.match(r"SELECT|WITH", self._last_sql):
        return plain_describe(self)
    return self._conn._duck_conn.execute(f"DESCRIBE {self._last_sql}", self._last_params).fetchall()


def bucket(*arguments: Any) -> dict[str, Any]:
    description = plain_stage(*arguments)
    description["region"] = "us-central1"
    description["presignedUrl"] += "?X-Goog-SignedHeaders=" + SIGNED.replace(";", "%3B")
    return description


plain_parse, plain_transform = cursor.parse_one, cursor.FakeSnowflakeCursor._transform
plain_describe = cursor.FakeSnowflakeCursor._describe_last_sql
transformed_queries: dict[tuple[str, str | None, str | None], Any] = {}
"""By text, database and schema."""
fakesnow_server.parse_one, cursor.parse_one = parse_shared, parse_to_change
cursor.FakeSnowflakeCursor._transform = transform_once
cursor.FakeSnowflakeCursor._describe_last_sql = describe_last
transforms.merge = merge_natively
arrow.to_sf_schema = lambda schema, rowtype: pa.schema([nullable(field) for field in plain_schema(schema, rowtype)])
arrow.timestamp_to_sf_struct = time_stamps
fakesnow_server.gcs_stage_info = bucket
