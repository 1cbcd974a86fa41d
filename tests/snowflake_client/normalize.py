"""Statements in the form in which the golden file keeps them, and what they use of Snowflake."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator

import sqlglot
from sqlglot import exp

_GENERATED = re.compile(
    r"(?<='file://)[^']+|(?<=_)[0-9A-F]{32}|(?<=__WRITE_PANDAS_)\w+|\b\d{8}T\d{6}Z-[0-9a-f]{8}\b", re.IGNORECASE
)
_CALL = re.compile(r"(?<!\bAS )\b([A-Z_$][A-Z0-9_$]*)\s*\(")
_QUOTED = re.compile(r"'(?:[^'\\]|''|\\.)*'|\"(?:[^\"]|\"\")*\"|--[^\n]*")
_KEYWORDS = """
ALL AND ANY AS BY CASE DISTINCT ELSE EXCEPT EXCLUDE EXISTS FROM GROUP HAVING IN INTERSECT JOIN NOT ON OR OVER SELECT
THEN UNION USING VALUES WHEN WHERE WITH
"""
_TYPES = frozenset({"CHAR", "DECIMAL", "NUMBER", "NUMERIC", "TEXT", "TIMESTAMP_NTZ", "TIMESTAMP_TZ", "VARCHAR"})


def normalize_statement(text: str) -> str:
    """A statement on several lines, with numbers, days and generated names replaced, so that only its shape counts."""
    text = _GENERATED.sub("ID", text.strip().rstrip(";"))
    parsed = parse_statement(text)
    if isinstance(parsed, exp.Command):
        return re.sub(r"\b\d+\b", "0", text)
    for literal in list(parsed.find_all(exp.Literal)):
        if not literal.is_string:
            (literal.parent if isinstance(literal.parent, exp.Neg) else literal).replace(exp.Literal.number(0))
        elif re.fullmatch(r"\d{4}-\d{2}-\d{2}.*|[0-9a-f]{8}", literal.this):
            literal.replace(exp.Literal.string("0"))
    # How many optima are compared, and how many rows are sent, is no property of the statement.
    for identifier in parsed.find_all(exp.Identifier):
        identifier.set("this", re.sub(r"^inertia_\d+$", "inertia_0", identifier.this))
    for several in parsed.find_all(exp.Least, exp.Select):
        several.set("expressions", list(dict.fromkeys(several.expressions)))
    for star in parsed.find_all(exp.Star):  # Ibis excludes columns in an order that varies between processes
        star.set("except_", sorted(star.args.get("except_") or [], key=lambda column: column.sql("snowflake")))
    for values in parsed.find_all(exp.Values):
        values.set("expressions", values.expressions[:1])
    return parsed.sql("snowflake", pretty=True, max_text_width=110)


def parse_statement(text: str) -> exp.Expression:
    """The syntax tree of a statement; a statement that sqlglot does not know becomes a Command."""
    parsed = sqlglot.parse_one(text, read="snowflake")
    assert isinstance(parsed, exp.Expression)
    return parsed


def find_functions(text: str) -> set[str]:
    """The functions that a statement calls."""
    found = {name.upper() for name in _CALL.findall(_QUOTED.sub("''", text).upper())}
    return found - set(_KEYWORDS.split()) - _TYPES


def find_unquoted_names(text: str) -> Iterator[str]:
    """Names that a statement does not quote, in upper case."""
    for identifier in parse_statement(text).find_all(exp.Identifier):
        if not identifier.quoted:
            yield identifier.this.upper()


def to_golden(statements: Iterable[str]) -> str:
    """The distinct normalized statements, sorted; a query within others is written once and called by its hash."""
    parts: dict[str, str] = {}
    normalized = {normalize_statement(statement) for statement in set(statements)}
    texts = {_share_queries(statement, parts) for statement in normalized}
    shared = (f"-- {name}\n{text}" for name, text in sorted(parts.items()))
    return "\n;\n".join([*sorted(texts), *shared]) + "\n"


def _share_queries(text: str, parts: dict[str, str]) -> str:
    """A statement with its queries replaced by names, from the inside out; they are added to `parts`."""
    parsed = parse_statement(text)
    if isinstance(parsed, exp.Command):
        return text
    for query in reversed(list(parsed.find_all(exp.Subquery, exp.CTE))):
        if isinstance(query.this, exp.Query) and query.alias:
            body = _number_aliases(query.this.sql("snowflake", pretty=True, max_text_width=110))
            name = f"query_{hashlib.sha256(body.encode()).hexdigest()[:10]}"
            parts[name] = body
            query.set("this", exp.select("*").from_(name)) if isinstance(query, exp.CTE) else query.replace(
                exp.alias_(exp.to_table(name), query.alias, table=True, quoted=True)
            )
    return _number_aliases(parsed.sql("snowflake", pretty=True, max_text_width=110))


def _number_aliases(text: str) -> str:
    """The aliases that Ibis numbers through a whole statement, numbered from 1 in this query."""
    numbers: dict[str, int] = {}
    return re.sub(r'"t(\d+)"', lambda match: f'"t{numbers.setdefault(match[1], len(numbers) + 1)}"', text)
