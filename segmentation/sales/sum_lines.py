"""Lines that repeat the sum of others: totals by their label, and summary lines of orders, which name no product.

A line such as `Total 5201` repeats the lines of 5201. A summary line holds the total of an order, followed by the lines
of its items, as in eBay's order report.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import reduce
from typing import Protocol

import ibis
import ibis.expr.types as ir

from segmentation.errors import DataQuestionError
from segmentation.sales.line_amounts import AMOUNT_ROLES, get_provisional_amount
from segmentation.sales.line_semantics import LineSemantics
from segmentation.sales.source import SalesSource, fetch_row

TOTAL_WORDS = (
    *("subtotal", "sub total", "sub-total", "total", "totals", "grand total", "order total", "invoice total"),
    *("zwischensumme", "teilsumme", "gesamtsumme", "summe", "ergebnis", "gesamtergebnis"),
    *("sous-total", "sous total", "total g\u00e9n\u00e9ral", "total general", "total geral"),
    *("totaal", "subtotaal", "eindtotaal", "totale", "subtotale", "totale complessivo"),
    *("suma", "suma ko\u0144cowa", "razem", "summa", "delsumma", "totalsumma"),
)
"""Texts that stand for an id, category or product in lines that are sums of others."""
TOTAL_SPELLINGS = tuple(
    sorted({spelling for word in TOTAL_WORDS for spelling in (word, word.upper(), word.title(), word.capitalize())})
)
_WORDS = "|".join(sorted(TOTAL_WORDS, key=len, reverse=True))
_LINKS = "for|of|f\u00fcr|von|de|du|pour|van|voor|di|do|da|del|dla|f\u00f6r"
_NOUNS = (
    "order|invoice|receipt|customer|bestellung|auftrag|rechnung|kunde|commande|facture|client|bestelling|factuur|klant"
)
# Without lookahead and non-capturing groups, which Snowflake lacks.
_BEFORE, _BEFORE_GROUP = f"^({_WORDS})[ :#-]+(({_LINKS}) )?(({_NOUNS}) )?(.*[^ :])[ :]*$", 6
_AFTER, _AFTER_GROUP = f"^(({_NOUNS}) )?(.*[^ :-])[ :-]+({_WORDS})[ :]*$", 3
_EITHER = f"^({_WORDS})[ :#-]|[ :-]({_WORDS})[ :]*$"
"""Matches each text that the expressions above match, and few others, in a fraction of their time."""
_LABELED = ("transaction_id", "customer_id", "category", "product")
"""Columns of typed lines that may hold such a label, or the value that it names."""
_IDS = ("transaction_id", "customer_id")
_MIN_SHARE = 0.5
"""Minimum share of the labels naming something in the table whose amount is its sum."""
_MIN_SUMMARIES = 0.9
"""Minimum share of the orders with one line without a product in which that line is the sum of the others."""
_MIN_ORDERS, _MIN_LARGER = 3, 5
_TOLERANCE = 0.015


class Counts(Protocol):
    """Counts by name."""

    def __getitem__(self, name: str, /) -> float: ...


def count_labels(lines: ibis.Table) -> dict[str, ir.BooleanValue]:
    """Conditions n_labels_COLUMN: a text begins or ends with a word for total."""
    return {f"n_labels_{name}": _may_be_label(lines[name]) for name in _list_labeled(lines)}


def find_labeled_totals(source: SalesSource, parsed: ibis.Table, names: Collection[str]) -> frozenset[str]:
    """Find the columns with labels of totals, such as `5201 Total`, among their values.

    A label names an id, category or product of other lines. If it names no order or customer, its amount has to be
    the sum of theirs, because a product may be called Total, too.

    Args:
        source: the source of the lines.
        parsed: as `parse_columns` gives them.
        names: columns of `parsed` in which a word for total was found.
    """
    if not names:
        return frozenset()
    money = ibis.coalesce(get_provisional_amount(parsed, "").cast("float64"), 0.0)
    lines = parsed.mutate(money=money)
    labels = {name: _list_labels(lines[name]) for name in sorted(names)}
    is_label = [ibis.coalesce(lines[name].isin(found["text"]), False) for name, found in labels.items()]
    sums = _sum_by_name(lines.filter(~ibis.or_(*is_label)))
    counts = []
    for name, texts in labels.items():
        found = lines.group_by(text=lines[name], money=lines.money).aggregate().inner_join(texts, "text")
        found = found.inner_join(sums, found.label == sums["name"])
        is_close = (found.money.abs() - found.total.abs()).abs() <= _TOLERANCE
        found = found.group_by("label", "money").aggregate(sum=is_close.ifelse(1, 0).max())
        counts.append(found.aggregate(**{f"{name}_known": found.count(), f"{name}_sums": found["sum"].sum()}))
    row = fetch_row(source, *counts)
    return frozenset(
        name
        for name in names
        if row[f"{name}_known"] and (name in _IDS or row[f"{name}_sums"] >= _MIN_SHARE * row[f"{name}_known"])
    )


def is_labeled_total(lines: ibis.Table, names: Collection[str]) -> ir.BooleanValue:
    """Whether one of these columns has a label that names other lines."""
    known = _sum_by_name(lines.mutate(money=0.0))["name"]
    labels = {name: _list_labels(lines[name]) for name in sorted(names)}
    return ibis.or_(
        *(
            ibis.coalesce(lines[name].isin(found.filter(found.label.isin(known))["text"]), False)
            for name, found in labels.items()
        )
    )


def is_total(lines: ibis.Table, names: Collection[str]) -> ir.BooleanValue:
    """Whether one of these columns has only a word for total."""
    return ibis.or_(*(ibis.coalesce(lines[name].isin(TOTAL_SPELLINGS), False) for name in sorted(names)))


def count_summaries(lines: ibis.Table, columns: Mapping[str, str]) -> Iterator[ibis.Table]:
    """A one-row query: n_summaries (orders with one line that names no product, and others that do), and of these
    n_sum_summaries (its amount is the sum of theirs), n_larger_summaries (it is at least their sum) and
    n_long_summaries (it is the sum of several lines).

    Args:
        lines: as `parse_columns` gives them.
        columns: name in fct_sales -> name in the table.
    """
    if "product" not in lines.columns or "transaction_id" not in columns:
        return
    role = next(name for name in AMOUNT_ROLES if name in lines.columns)
    amount = get_provisional_amount(lines, role).cast("float64")
    blank = lines["product"].isnull()
    single = lines[role].cast("float64")  # a summary line gives the price of all units
    orders = (
        lines.filter(lines.transaction_id.notnull())
        .group_by("transaction_id", "customer_id", "day")
        .aggregate(
            blanks=blank.ifelse(1, 0).sum(),
            items=blank.ifelse(0, 1).sum(),
            total=blank.ifelse(amount, 0.0).sum(),
            single=blank.ifelse(single, 0.0).sum(),
            sum=blank.ifelse(0.0, amount).sum(),
        )
    )
    orders = orders.filter((orders.blanks == 1) & (orders["items"] > 0) & (orders["sum"] != 0))
    is_sum = ibis.or_(*((orders[name] - orders["sum"]).abs() <= _TOLERANCE for name in ("total", "single")))
    flags = {
        "n_sum_summaries": is_sum,
        "n_larger_summaries": orders.total.abs() >= orders["sum"].abs() - _TOLERANCE,
        "n_long_summaries": is_sum & (orders["items"] > 1),
    }
    yield orders.aggregate(
        n_summaries=orders.count(),
        **{name: ibis.coalesce(flag, False).ifelse(1, 0).sum() for name, flag in flags.items()},
    )


def has_summary_lines(counts: Counts, column: str, *, may_ask: bool) -> bool:
    """Whether orders have summary lines.

    Args:
        counts: what `count_summaries` counts, without the prefix n_.
        column: the column of products, for the question.
        may_ask: whether the user has not yet set what amounts refer to.

    Raises:
        DataQuestionError: lines without a product have more than all others of their order, but not their sum.
    """
    orders, sums = counts["summaries"], counts["sum_summaries"]
    is_enough = counts["long_summaries"] > 0 or sums >= _MIN_ORDERS
    if orders and is_enough and sums >= _MIN_SUMMARIES * orders:
        return True
    if may_ask and orders >= _MIN_LARGER and counts["larger_summaries"] >= _MIN_SUMMARIES * orders:
        raise DataQuestionError(
            f"In {int(orders):,} orders, one line names no {column!r} and has at least the amount of all others "
            "together: it may be the total of the order.",
            hint="Specify what it is: --amount-grain order (the total counts once) or --amount-grain line (a sale).",
            setting="amount_grain",
            options={"order": "The total of the order counts once.", "line": "The amount of each line counts."},
        )
    return False


def is_summary_line(lines: ibis.Table) -> ir.BooleanValue:
    """Whether a line has no product while others of its order do."""
    items = lines["product"].count().over(group_by=["customer_id", "transaction_id", "day"])
    return lines["product"].isnull() & lines.transaction_id.notnull() & (items > 0)


def is_sum_line(lines: ibis.Table, semantics: LineSemantics) -> ir.BooleanValue:
    """Whether a line repeats the sum of others."""
    found: list[ir.BooleanValue] = []
    if semantics.total_columns:
        found.append(is_total(lines, semantics.total_columns))
    if semantics.labeled_columns:
        found.append(is_labeled_total(lines, semantics.labeled_columns))
    if semantics.has_summary_lines:
        found.append(is_summary_line(lines))
    return ibis.or_(ibis.literal(False), *found) if found else ibis.literal(False)


def _list_labeled(lines: ibis.Table) -> list[str]:
    return [name for name in _LABELED if name in lines.columns and lines[name].type().is_string()]


def _may_be_label(text: ir.StringValue) -> ir.BooleanValue:
    return ibis.coalesce(text.lower().strip().re_search(_EITHER), False)


def _list_labels(text: ir.StringColumn) -> ibis.Table:
    """The distinct texts that are labels of totals, and what each is the total of: text, label."""
    texts = text.name("text").as_table().distinct()
    texts = texts.filter(_may_be_label(texts["text"]))
    return texts.mutate(label=_extract_label(texts["text"])).filter(lambda t: t.label.notnull())


def _extract_label(text: ir.StringValue) -> ir.StringValue:
    """What a label such as `Total 5201` is the total of, in lower case; null for other texts."""
    plain = text.lower().strip()
    found = (plain.re_extract(_BEFORE, _BEFORE_GROUP), plain.re_extract(_AFTER, _AFTER_GROUP))
    return ibis.coalesce(*(label.nullif("") for label in found))


def _sum_by_name(lines: ibis.Table) -> ibis.Table:
    """The total of each id, category and product in lower case: name, total."""
    named = [
        lines.group_by(name=lines[column].cast("string").lower()).aggregate(total=lines.money.sum())
        for column in _LABELED
        if column in lines.columns
    ]
    return reduce(lambda a, b: a.union(b), named).filter(lambda t: t["name"].notnull())
