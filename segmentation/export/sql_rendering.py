"""Renders the steps of a model as a readable SQL query, a view, a dynamic table or a dbt model."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import ibis
import sqlglot
from ibis.common.exceptions import IbisError
from sqlglot import exp
from sqlglot.optimizer.eliminate_subqueries import eliminate_subqueries
from sqlglot.optimizer.pushdown_projections import pushdown_projections
from sqlglot.optimizer.qualify import qualify

from segmentation.errors import SettingsError
from segmentation.export.reserved_keywords import RESERVED_KEYWORDS
from segmentation.runtime.sql_identifiers import PLAIN, Name, parse_name, quote_name

SALES = "__fct_sales__"
"""Placeholder of the sales table in the first step."""
TESTED = ("duckdb", "snowflake")
UNTESTED = ("databricks", "postgres")


@dataclass(frozen=True)
class SqlOutput:
    """The statement to render."""

    kind: str = "query"
    """query, view, dynamic table or dbt model."""
    name: Name = ()
    """Of the view or dynamic table."""
    lag: str = "1 day"
    """Target lag of the dynamic table, as in Snowflake."""
    warehouse: str = ""
    """Warehouse that refreshes the dynamic table."""


QUERY = SqlOutput()
_MAX_DEPTH = 20_000
"""Nested calls: sqlglot makes 25 for each subquery, and sales with many amounts have over 40 nested subqueries."""
_DEPTH_LOCK = threading.Lock()


def check_dialect(dialect: str) -> None:
    """Raise SettingsError for an unknown dialect."""
    if dialect not in (*TESTED, *UNTESTED):
        raise SettingsError(
            f"Unknown dialect {dialect!r}.", hint=f"Choose {' or '.join(TESTED)}; untested: {', '.join(UNTESTED)}."
        )


def check_output(output: SqlOutput, dialect: str) -> None:
    """Raise SettingsError if the dialect does not support the statement, or its lag or warehouse is invalid."""
    _build_create_statement(output, dialect)


def render_query(
    steps: Sequence[tuple[str, ibis.Table]], dialect: str, sales_table: Name, output: SqlOutput, comments: Sequence[str]
) -> str:
    """Render the steps as one statement with comments above it.

    Args:
        steps: (name, expression); the first reads SALES, each other step earlier ones; the last has no name.
        dialect: of the statement.
        sales_table: the table that replaces SALES.
        output: query, view, dynamic table or dbt model.
        comments: sentences without line breaks.

    Raises:
        SettingsError: the dialect does not support the statement, or its lag or warehouse is invalid.
    """
    with _allow_deep_nesting():
        return _render_query(steps, dialect, sales_table, output, comments)


@contextmanager
def _allow_deep_nesting() -> Iterator[None]:
    """Raise the recursion limit, which is that of the whole process, for as long as a query is rendered."""
    with _DEPTH_LOCK:
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(max(limit, _MAX_DEPTH))
        try:
            yield
        finally:
            sys.setrecursionlimit(limit)


def _render_query(
    steps: Sequence[tuple[str, ibis.Table]], dialect: str, sales_table: Name, output: SqlOutput, comments: Sequence[str]
) -> str:
    create, cost = _build_create_statement(output, dialect)
    query = _combine_steps(steps, dialect)
    columns = _find_read_columns(query)
    query = _name_ctes(_flatten(query, columns, dialect), [name for name, _ in steps[:-1]])
    # The table name is inserted as identifiers of the syntax tree, never as text: no name can end the statement.
    for table in list(query.find_all(exp.Table)):
        if table.name == SALES and output.kind != "dbt model":
            parts = [exp.to_identifier(part, quoted=True) for part in reversed(sales_table)]
            names = dict(zip(("this", "db", "catalog"), parts, strict=False))
            table.replace(exp.Table(**names, alias=table.args["alias"]))
    if dialect in TESTED:
        _unquote_identifiers(query, dialect, [*columns, *sales_table])
    untested = [] if dialect in TESTED else [f"Not tested on {dialect}: compare some customers before use."]
    comments = "".join(f"-- {' '.join(sentence.split())}\n" for sentence in (*comments, *cost, *untested))
    text = query.sql(dialect, pretty=True, max_text_width=110)
    if output.kind == "dbt model":
        return f"{comments}{_to_dbt_model(text)}\n"
    return f"{comments}{create}{text};\n"


def _to_dbt_model(text: str) -> str:
    """The query as a dbt model on the source of the sales; text of users that dbt would read as Jinja is escaped."""
    for mark in ("{{", "{%", "{#"):
        text = text.replace(mark, f"\0'{mark}' }}}}")
    text = text.replace("\0", "{{ ")
    return "{{ config(materialized='view') }}\n" + re.sub(f'"?{SALES}"?', "{{ source('sales', 'fct_sales') }}", text)


def _combine_steps(steps: Sequence[tuple[str, ibis.Table]], dialect: str) -> exp.Select:
    """The last step with the others as common table expressions."""
    try:
        parsed = [sqlglot.parse_one(str(ibis.to_sql(step, dialect=dialect)), dialect=dialect) for _, step in steps]
    except IbisError as error:
        raise SettingsError(
            f"The run cannot be rendered for {dialect}.", hint="The dialect lacks an operation. Use duckdb."
        ) from error
    root = parsed[-1]
    assert isinstance(root, exp.Select)
    # Ibis renders one expression as one nested query. Rendering each step separately keeps the steps readable.
    for (name, _), step in zip(steps[:-1], parsed[:-1], strict=True):
        root = root.with_(exp.to_identifier(name, quoted=True), as_=step, copy=False)
    return root


def _find_read_columns(root: exp.Expression) -> list[str]:
    """Columns read from SALES."""
    for select in root.find_all(exp.Select):
        if _find_source_name(select) == SALES:
            return sorted({column.name for column in select.find_all(exp.Column)})
    return []


def _flatten(root: exp.Select, columns: Iterable[str], dialect: str) -> exp.Select:
    """Drop unread columns and turn subqueries into common table expressions."""
    # qualify needs a schema to resolve columns of SALES; their types do not matter here.
    schema: dict[str, object] = {SALES: dict.fromkeys(columns, "unknown")}
    named = qualify(root, dialect=dialect, schema=schema, quote_identifiers=True, validate_qualify_columns=False)
    flat = eliminate_subqueries(pushdown_projections(named))
    assert isinstance(flat, exp.Select)
    return flat


def _name_ctes(root: exp.Select, steps: Sequence[str]) -> exp.Select:
    """Remove pass-through queries and name the others after their step."""
    # A step became one or more CTEs in order, the last one with the name of the step: the list of pending steps
    # tells which step a generated CTE belongs to.
    pending, remaining = list(steps), []
    replacements: dict[str, str] = {}
    of_step: dict[str, list[str]] = {step: [] for step in steps}
    for query in root.args["with_"].expressions:
        name = query.alias
        source = _find_passthrough_source(query.this)
        if source is None:
            remaining.append(query)
            of_step[pending[0]].append(name)
        else:
            replacements[name] = replacements.get(source, source)
        if name == pending[0]:
            pending.pop(0)
            if not pending:
                break
    final = {
        name: step if number == len(names) else f"{step}_{number}"
        for step, names in of_step.items()
        for number, name in enumerate(names, 1)
    }
    root.args["with_"].set("expressions", remaining)
    for query in remaining:
        query.set("alias", exp.TableAlias(this=exp.to_identifier(final[query.alias], quoted=True)))
    for table in root.find_all(exp.Table):
        name = replacements.get(table.name, table.name)
        table.set("this", exp.to_identifier(final.get(name, name), quoted=True))
    for select in root.find_all(exp.Select):
        if "from_" in select.args:  # not so for a row of literals
            _shorten_aliases(select)
    return root


def _find_passthrough_source(select: exp.Expression) -> str | None:
    """The source of a query that only passes columns through; None for any other query."""
    if not isinstance(select, exp.Select) or any(
        value for key, value in select.args.items() if key not in {"expressions", "from_", "kind"}
    ):
        return None
    is_renamed = any(
        not isinstance(column.unalias(), exp.Column) or column.unalias().name != column.alias
        for column in select.expressions
    )
    return None if is_renamed else _find_source_name(select)


def _find_source_name(select: exp.Select) -> str | None:
    """The table or CTE a query reads from; None for a subquery."""
    source = select.args.get("from_")
    return source.this.name if source is not None and isinstance(source.this, exp.Table) else None


def _shorten_aliases(select: exp.Select) -> None:
    """Alias the source by one letter and drop redundant column aliases."""
    source = select.args["from_"].this
    letter = exp.to_identifier(source.name.strip("_")[0], quoted=True)
    previous_alias = source.alias
    for column in select.find_all(exp.Column):
        if column.table == previous_alias and column.find_ancestor(exp.Select) is select:
            column.set("table", letter.copy())
    source.set("alias", exp.TableAlias(this=letter))
    expressions = [
        one.this if isinstance(one.unalias(), exp.Column) and one.this.name == one.alias else one
        for one in select.expressions
    ]
    select.set("expressions", expressions)


def _unquote_identifiers(root: exp.Select, dialect: str, case_sensitive: Iterable[str]) -> None:
    """Remove quotes from identifiers that mean the same without them."""
    # Snowflake folds unquoted names to upper case, so a name in another case must stay quoted there.
    exact = {name for name in case_sensitive if dialect == "snowflake" and name != name.upper()}
    for name in root.find_all(exp.Identifier):
        if PLAIN.fullmatch(name.this) and name.this not in exact and _is_unreserved(name.this, dialect):
            name.set("quoted", False)
            name.set("this", name.this.lower() if dialect == "snowflake" else name.this)
    for column in root.selects:
        if isinstance(column, exp.Column):
            column.replace(exp.alias_(column.copy(), column.this.copy()))


def _is_unreserved(name: str, dialect: str) -> bool:
    """Whether a name is not a keyword. The tokenizer knows ORDER BY and GROUP BY, but not ORDER and GROUP alone."""
    if name.upper() in RESERVED_KEYWORDS:
        return False
    return [token.token_type.name for token in sqlglot.tokenize(name, read=dialect)] == ["VAR"]


def _build_create_statement(output: SqlOutput, dialect: str) -> tuple[str, list[str]]:
    """The CREATE clause and comments on its cost."""
    if output.kind in {"query", "dbt model"}:
        return "", []
    name = quote_name(output.name)
    if output.kind == "view":
        # Replacing a view in Snowflake drops its grants otherwise.
        keep = " COPY GRANTS" if dialect == "snowflake" else ""
        return f"CREATE OR REPLACE VIEW {name}{keep} AS\n", ["A view: nothing is stored; each read runs the query."]
    if dialect != "snowflake":
        raise SettingsError("Only Snowflake has dynamic tables.", hint="Use --view, or --dialect snowflake.")
    lag = re.fullmatch(r"([1-9]\d{0,4}) (minute|hour|day)s?", output.lag)
    if lag is None:
        raise SettingsError(
            f"{output.lag[:40]!r} is not a valid lag.", hint="Write it like '10 minutes', '1 hour' or '1 day'."
        )
    if len(output.warehouse) == 0:
        raise SettingsError("A dynamic table needs a warehouse that refreshes it.", hint="Set --warehouse NAME.")
    warehouse = quote_name(parse_name(output.warehouse, dialect, max_parts=1))
    minutes = int(lag[1]) * {"minute": 1, "hour": 60, "day": 1440}[lag[2]]
    times = max(1, 1440 // minutes)
    cost = [
        f"Cost: each refresh runs the root query on {warehouse}, at this lag up to {times:,} times a day,",
        "and a warehouse is charged for at least a minute each time it starts. A longer lag costs less.",
        "Privileges on a table of this name are kept. A refresh is full: medians, the latest sale and the peak",
        "season depend on all lines, so none of it can be incremental.",
    ]
    begin = f"CREATE OR REPLACE DYNAMIC TABLE {name}\n  TARGET_LAG = '{lag[0]}'\n  WAREHOUSE = {warehouse}\n"
    return f"{begin}  REFRESH_MODE = FULL\n  COPY GRANTS\nAS\n", cost
