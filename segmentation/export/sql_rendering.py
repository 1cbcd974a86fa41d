"""The steps of a model, as the pipeline composes them, made into one readable query, a view or a dynamic table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import ibis
import sqlglot
from ibis.common.exceptions import IbisError
from sqlglot import exp
from sqlglot.optimizer.eliminate_subqueries import eliminate_subqueries
from sqlglot.optimizer.pushdown_projections import pushdown_projections
from sqlglot.optimizer.qualify import qualify

from segmentation.errors import SettingsError
from segmentation.export.sql_identifiers import PLAIN, Name, parse_name, quote_name

SALES = "__fct_sales__"
"""What the first step calls its table."""
TESTED = ("duckdb", "snowflake")
OTHERS = ("databricks", "postgres")


@dataclass(frozen=True)
class OutputKind:
    """What is to be made of the query."""

    kind: str = "query"
    """query, view or dynamic table."""
    name: Name = ()
    lag: str = "1 hour"
    warehouse: str = ""


QUERY = OutputKind()


def check_dialect(dialect: str) -> None:
    """Raise SettingsError where there is no such dialect."""
    if dialect not in (*TESTED, *OTHERS):
        raise SettingsError(
            f"There is no dialect {dialect!r}.", hint=f"Choose {' or '.join(TESTED)}; untested: {', '.join(OTHERS)}."
        )


def render_query(
    steps: Sequence[tuple[str, ibis.Table]], dialect: str, lines_from: Name, output: OutputKind, comments: Sequence[str]
) -> str:
    """One query of the steps, with `comments` above it as comments.

    Args:
        steps: name and expression of each; the first reads SALES, each other those before, the last has no name.
        dialect: of the query.
        lines_from: the table that takes the place of SALES.
        output: what is to be made of the query.
        comments: sentences without line breaks.

    Raises:
        SettingsError: the statement does not exist in this dialect, or its lag or warehouse is none.
    """
    made, cost = _build_create_statement(output, dialect)
    whole = _combine_steps(steps, dialect)
    columns = _find_read_columns(whole)
    whole = _name_ctes(_flatten(whole, columns, dialect), [name for name, _ in steps[:-1]])
    for found in list(whole.find_all(exp.Table)):
        if found.name == SALES:
            parts = [exp.to_identifier(part, quoted=True) for part in reversed(lines_from)]
            places = dict(zip(("this", "db", "catalog"), parts, strict=False))
            found.replace(exp.Table(**places, alias=found.args["alias"]))
    if dialect in TESTED:
        _unquote_identifiers(whole, dialect, [*columns, *lines_from])
    untested = [] if dialect in TESTED else [f"Not tested on {dialect}: compare some customers before use."]
    comments = "".join(f"-- {' '.join(sentence.split())}\n" for sentence in (*comments, *cost, *untested))
    return f"{comments}{made}{whole.sql(dialect, pretty=True, max_text_width=110)};\n"


def _combine_steps(steps: Sequence[tuple[str, ibis.Table]], dialect: str) -> exp.Select:
    """The last step, with the others as its named queries."""
    try:
        parsed = [sqlglot.parse_one(str(ibis.to_sql(step, dialect=dialect)), dialect=dialect) for _, step in steps]
    except IbisError as error:
        raise SettingsError(
            f"The run cannot be written for {dialect}.", hint="Something in it has no counterpart there. Take duckdb."
        ) from error
    whole = parsed[-1]
    assert isinstance(whole, exp.Select)
    for (name, _), step in zip(steps[:-1], parsed[:-1], strict=True):
        whole = whole.with_(exp.to_identifier(name, quoted=True), as_=step, copy=False)
    return whole


def _find_read_columns(whole: exp.Expression) -> list[str]:
    """Columns of SALES that are read."""
    for select in whole.find_all(exp.Select):
        if _find_source_name(select) == SALES:
            return sorted({column.name for column in select.find_all(exp.Column)})
    return []


def _flatten(whole: exp.Select, columns: Iterable[str], dialect: str) -> exp.Select:
    """Without columns that nothing reads, and with one query after the other instead of queries within queries."""
    schema: dict[str, object] = {SALES: dict.fromkeys(columns, "unknown")}
    named = qualify(whole, dialect=dialect, schema=schema, quote_identifiers=True, validate_qualify_columns=False)
    flat = eliminate_subqueries(pushdown_projections(named))
    assert isinstance(flat, exp.Select)
    return flat


def _name_ctes(whole: exp.Select, steps: Sequence[str]) -> exp.Select:
    """Queries that only pass columns on left out; the others called after the step they belong to."""
    waiting, left = list(steps), []
    place: dict[str, str] = {}
    of_step: dict[str, list[str]] = {step: [] for step in steps}
    for query in whole.args["with_"].expressions:
        name = query.alias
        source = _is_passthrough(query.this)
        if source is None:
            left.append(query)
            of_step[waiting[0]].append(name)
        else:
            place[name] = place.get(source, source)
        if name == waiting[0]:
            waiting.pop(0)
            if not waiting:
                break
    final = {
        name: step if number == len(names) else f"{step}_{number}"
        for step, names in of_step.items()
        for number, name in enumerate(names, 1)
    }
    whole.args["with_"].set("expressions", left)
    for query in left:
        query.set("alias", exp.TableAlias(this=exp.to_identifier(final[query.alias], quoted=True)))
    for table in whole.find_all(exp.Table):
        name = place.get(table.name, table.name)
        table.set("this", exp.to_identifier(final.get(name, name), quoted=True))
    for select in whole.find_all(exp.Select):
        _shorten_aliases(select)
    return whole


def _is_passthrough(select: exp.Expression) -> str | None:
    """The name of the query whose columns these are, as they are; None where anything is done to them."""
    if not isinstance(select, exp.Select) or any(
        value for key, value in select.args.items() if key not in {"expressions", "from_", "kind"}
    ):
        return None
    same = all(isinstance(one.unalias(), exp.Column) and one.unalias().name == one.alias for one in select.expressions)
    return _find_source_name(select) if same else None


def _find_source_name(select: exp.Select) -> str | None:
    source = select.args.get("from_")
    return source.this.name if source is not None and isinstance(source.this, exp.Table) else None


def _shorten_aliases(select: exp.Select) -> None:
    """The source under one letter, and no column called again what it is called already."""
    source = select.args["from_"].this
    letter = exp.to_identifier(source.name.strip("_")[0], quoted=True)
    before = source.alias
    for column in select.find_all(exp.Column):
        if column.table == before and column.find_ancestor(exp.Select) is select:
            column.set("table", letter.copy())
    source.set("alias", exp.TableAlias(this=letter))
    kept = [
        one.this if isinstance(one.unalias(), exp.Column) and one.this.name == one.alias else one
        for one in select.expressions
    ]
    select.set("expressions", kept)


def _unquote_identifiers(whole: exp.Select, dialect: str, given: Iterable[str]) -> None:
    """Quotes off where a name means the same without them."""
    exact = {name for name in given if dialect == "snowflake" and name != name.upper()}
    for name in whole.find_all(exp.Identifier):
        if PLAIN.fullmatch(name.this) and name.this not in exact and _is_unreserved(name.this, dialect):
            name.set("quoted", False)
            name.set("this", name.this.lower() if dialect == "snowflake" else name.this)
    for column in whole.selects:
        if isinstance(column, exp.Column):
            column.replace(exp.alias_(column.copy(), column.name))


def _is_unreserved(name: str, dialect: str) -> bool:
    """Whether a name is no word of the language."""
    return [token.token_type.name for token in sqlglot.tokenize(name, read=dialect)] == ["VAR"]


def _build_create_statement(wanted: OutputKind, dialect: str) -> tuple[str, list[str]]:
    """The beginning of the statement, and what it costs."""
    if wanted.kind == "query":
        return "", []
    name = quote_name(wanted.name)
    if wanted.kind == "view":
        keep = " COPY GRANTS" if dialect == "snowflake" else ""
        return f"CREATE OR REPLACE VIEW {name}{keep} AS\n", ["A view: nothing is stored; each reading runs the query."]
    if dialect != "snowflake":
        raise SettingsError("Only Snowflake has dynamic tables.", hint="Take --view, or --dialect snowflake.")
    lag = re.fullmatch(r"([1-9]\d{0,4}) (minute|hour|day)s?", wanted.lag)
    if lag is None:
        raise SettingsError(f"{wanted.lag[:40]!r} is no lag.", hint="Write it like '10 minutes', '1 hour' or '1 day'.")
    if len(wanted.warehouse) == 0:
        raise SettingsError("A dynamic table needs a warehouse that refreshes it.", hint="Name it: --warehouse NAME.")
    warehouse = quote_name(parse_name(wanted.warehouse, dialect, max_parts=1))
    minutes = int(lag[1]) * {"minute": 1, "hour": 60, "day": 1440}[lag[2]]
    times = max(1, 1440 // minutes)
    cost = [
        f"Cost: each refresh runs the whole query on {warehouse}, at this lag up to {times:,} times a day,",
        "and a warehouse is charged for at least a minute each time it starts. A longer lag costs less.",
        "The table is new after this statement: grant SELECT on it again.",
    ]
    begin = f"CREATE OR REPLACE DYNAMIC TABLE {name}\n  TARGET_LAG = '{lag[0]}'\n  WAREHOUSE = {warehouse}\n"
    return f"{begin}  REFRESH_MODE = FULL\nAS\n", cost
