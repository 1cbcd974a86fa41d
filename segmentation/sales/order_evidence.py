"""Evidence on orders and amounts: how ids, days and amounts relate, counted on whole orders.

The first SAMPLE_LINES lines are enough: what is asked is true of almost all orders or of almost none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import ibis
import ibis.expr.types as ir

from segmentation.sales.customer_ids import is_rounded, needs_cleaning
from segmentation.sales.source import SalesSource, fetch_row
from segmentation.sales.sum_lines import count_labels, count_summaries, is_total

SAMPLE_LINES = 100_000
_FEW_PARTS = 0.05
"""If fewer orders than this share have several lines, the first lines of a table are not a sample of whole orders."""
_TOLERANCE = 0.015
"""In money: a cent of rounding."""
_TOTALS = ("subtotal_amount", "total_amount")
"""Ignored if there are net sales."""
_BEFORE_REFUNDS = ("total_amount", "subtotal_amount", "gross_sales_amount")
_ORDER_AMOUNTS = ("net_sales_amount", *_TOTALS, "gross_sales_amount", "discount_amount", "refund_amount")


@ibis.udf.scalar.builtin(name="hash")  # type: ignore[untyped-decorator]
def _hash(key) -> int:  # type: ignore[empty-body,no-untyped-def]
    """The engine's own hash, which `Value.hash` converts to text and back if it is unsigned."""


class OrderEvidence:
    """Counts by name; see `collect_order_evidence`. A name that was not counted is 0."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        """Take the row of `describe_orders`."""
        self._row = row

    def __getitem__(self, name: str) -> float:
        return float(self._row.get(f"n_{name}") or 0)

    def list_counted(self, prefix: str) -> list[str]:
        """The rest of the names with this prefix that were counted at least once."""
        start = f"n_{prefix}"
        return sorted(name.removeprefix(start) for name, count in self._row.items() if name.startswith(start) and count)

    def holds(self, name: str, of: str, share: float = 0.95, minimum: int = 1) -> bool:
        """Whether the count `name` is at least `share` of the count `of`, and that at least `minimum`."""
        return self[of] >= minimum and self[name] >= share * self[of]


def collect_order_evidence(
    source: SalesSource,
    parsed: ibis.Table,
    columns: Mapping[str, str],
    lines: int,
    row: Mapping[str, Any] | None = None,
) -> OrderEvidence:
    """Count how ids, days and amounts relate.

    Args:
        source: the source of the lines.
        parsed: as `parse_columns` gives them.
        columns: name in fct_sales -> name in the table.
        lines: number of lines.
        row: the result of `describe_orders` for the first SAMPLE_LINES lines; None: fetch it.

    Returns:
        counts of lines: lines, taxed, tax_fits (net + tax = gross), tax_in_total (subtotal + tax = total), is_tax and
        is_shipping (the amount equals them),
        refunds (not 0), refund_fits (net + refund is another amount),
        discounts (not 0), discount_levels (distinct), and of discounts below_zero, rates (0 to 1), percents (whole
        numbers up to 100), signs (with %), too_large (above the amount), plausible_money (above a tenth of it) and,
        where gross and net are known, as_amount, as_negative, as_rate, as_percent (gross less discount is net);
        rounded_ids, unclean_ids, total_categories and total_products (as Subtotal), labels_C (a text of column C has a
        word for total);
        of orders of several lines: parts, and for each amount role several_R, constant_R, first_R (on one line only),
        levels_R (distinct values), varied_R (not the same on all lines), of these sum_line_R (one line is the sum of
        the others), items_match_R and items_sum_R (unit price x quantity of all lines is the largest R,
        or the sum of R);
        of ids: ids, shared_ids (of several customers), pairs (id and customer), pairs_on_days (on several days),
        several_lines, and of these first_customer and first_day (on one line only);
        and what `count_summaries` counts.
    """
    if row is None:
        row = fetch_row(source, *describe_orders(parsed.limit(SAMPLE_LINES), columns))
    evidence = OrderEvidence(row)
    if lines > SAMPLE_LINES and "transaction_id" in columns and evidence["parts"] < _FEW_PARTS * evidence["ids"]:
        # The lines of an order may be far apart in the table.
        sample = parsed.filter(is_in_sample(parsed.transaction_id, -(-lines // SAMPLE_LINES)))
        evidence = OrderEvidence(fetch_row(source, *describe_orders(sample, columns)))
    return evidence


def is_in_sample(key: ir.Value, sampling_factor: int) -> ir.BooleanValue:
    """Whether rows are in a sample of about one in `sampling_factor` keys (at least 2), drawn by the hash of their key.

    Hashes are uniform over 64 bits, with a sign in Snowflake and without one in DuckDB; 0 and above are in both.
    """
    return _hash(key).between(0, (1 << 64) // sampling_factor - 1)


def describe_orders(sample: ibis.Table, columns: Mapping[str, str]) -> Iterator[ibis.Table]:
    """Queries of one row each with what `collect_order_evidence` counts, each name with the prefix n_."""
    described = sample.mutate(**_describe_lines(sample))
    totals = {name: described[name].sum() for name in described.columns if name.startswith("n_")}
    if "discount_amount" in columns:
        totals["n_discount_levels"] = described.discount_amount.nunique()
    yield described.aggregate(n_lines=described.count(), **totals)
    if "transaction_id" in columns:
        yield _count_orders(sample, columns)
        yield from count_summaries(sample, columns)


def _describe_lines(lines: ibis.Table) -> dict[str, ir.Value]:
    """Columns n_NAME of 0 and 1 for what is counted of single lines."""
    names = set(lines.columns)
    net = next((lines[role] for role in ("net_sales_amount", "subtotal_amount") if role in names), None)
    amount = next(
        (lines[role] for role in ("net_sales_amount", "total_amount", "gross_sales_amount") if role in names), None
    )
    found: dict[str, ir.Value] = {"n_total_categories": is_total(lines, ["category"]), **count_labels(lines)}
    if "product" in names:
        found["n_total_products"] = is_total(lines, ["product"])
    if lines.transaction_id.type().is_string():
        found |= {
            "n_rounded_ids": is_rounded(lines.transaction_id),
            "n_unclean_ids": needs_cleaning(lines.transaction_id),
        }
    for role, name in (("shipping_amount", "n_is_shipping"), ("tax_amount", "n_is_tax")):
        if role in names and amount is not None:
            found[name] = (amount != 0) & (amount == lines[role])
    if net is not None and {"tax_amount", "gross_sales_amount"} <= names:
        found["n_tax_fits"] = (lines.tax_amount != 0) & _is_close(net + lines.tax_amount, lines.gross_sales_amount)
        found["n_taxed"] = lines.tax_amount != 0
    if {"tax_amount", "subtotal_amount", "total_amount"} <= names and "net_sales_amount" not in names:
        found["n_tax_in_total"] = _is_close(lines.subtotal_amount + lines.tax_amount, lines.total_amount)
        found["n_tax_in_total"] &= lines.tax_amount != 0
        found["n_taxed"] = lines.tax_amount != 0
    before_refunds = [lines[role] for role in _BEFORE_REFUNDS if role in names]
    if {"net_sales_amount", "refund_amount"} <= names and before_refunds:
        sums = lines.net_sales_amount + lines.refund_amount.abs()
        found["n_refunds"] = lines.refund_amount != 0
        found["n_refund_fits"] = (lines.refund_amount != 0) & ibis.or_(
            *(_is_close(sums, before) for before in before_refunds)
        )
    if "discount_amount" in names:
        discount = lines.discount_amount
        money = next((value for value in (amount, net) if value is not None), None)
        given = (discount != 0) & ((money >= 0) if money is not None else True)
        found |= {
            "n_discounts": given,
            "n_below_zero": given & (discount < 0),
            "n_rates": given & (discount.abs() <= 1),
            "n_percents": given & (discount.abs() <= 100) & (discount.abs() >= 1) & (discount == discount.round()),
            "n_signs": given & lines.percent_sign,
        }
        if "gross_sales_amount" in names and net is not None:
            gross, size = lines.gross_sales_amount.cast("float64"), discount.abs().cast("float64")
            found |= {
                "n_as_amount": given & _is_close(gross - discount.cast("float64"), net),
                "n_as_negative": given & _is_close(gross + discount.cast("float64"), net),
                "n_as_rate": given & _is_close(gross * (1 - size), net),
                "n_as_percent": given & _is_close(gross * (1 - size / 100), net),
            }
        if money is not None:
            found["n_too_large"] = given & (discount.abs() > money.abs())
            found["n_plausible_money"] = given & (10 * discount.abs() > money.abs())
    return {name: ibis.coalesce(condition, False).ifelse(1, 0) for name, condition in found.items()}


def _count_orders(lines: ibis.Table, columns: Mapping[str, str]) -> ibis.Table:
    """One row of counts of orders and ids."""
    skipped = _TOTALS if "net_sales_amount" in columns else ()
    roles = [role for role in _ORDER_AMOUNTS if role in columns and role not in skipped]
    has_items = {"unit_price", "quantity"} <= columns.keys()
    items = {"items": (lines.unit_price.cast("float64") * lines.quantity).sum()} if has_items else {}
    lines = lines.filter(lines.transaction_id.notnull())
    buys = ibis.coalesce(lines.quantity >= 0, True)
    parts = lines.group_by("transaction_id", "customer_id", "day").aggregate(
        size=lines.count(),
        buys=buys.ifelse(1, 0).sum(),
        **items,
        **{f"{what}_{role}": getattr(lines[role], what)() for role in roles for what in ("count", "min", "max", "sum")},
    )
    several = parts.size > 1
    flags: dict[str, ir.Value] = {"n_parts": several}
    for role in roles:
        low, high, filled = parts[f"min_{role}"], parts[f"max_{role}"], parts[f"count_{role}"]
        given = several & ((low != 0) | (high != 0))
        flags |= {
            f"n_several_{role}": given,
            f"n_constant_{role}": given & (filled == parts.size) & (low == high),
            f"n_first_{role}": given & (filled == 1),
            f"n_varied_{role}": given & (low != high),
            f"n_sum_line_{role}": given & (low != high) & _is_close(2 * high, parts[f"sum_{role}"]),
        }
        if has_items:
            flags[f"n_items_match_{role}"] = given & _is_close(parts["items"], high)
            flags[f"n_items_sum_{role}"] = given & _is_close(parts["items"], parts[f"sum_{role}"])
    parts = parts.mutate(
        **{name: ibis.coalesce(condition, False).ifelse(1, 0) for name, condition in flags.items()},
        **{f"level_{role}": _get_level(parts, role) for role in roles},
        bought=(parts.buys > 0) & parts.day.notnull(),
    )
    pairs = parts.group_by("transaction_id", "customer_id").aggregate(
        days=parts.bought.ifelse(1, 0).sum(),
        size=parts.size.sum(),
        blank_days=(parts.day.isnull()).ifelse(parts.size, 0).sum(),
        **{name: parts[name].sum() for name in flags},
        **{f"level_{role}": parts[f"level_{role}"].max() for role in roles},
    )
    has_customer = pairs.customer_id.notnull()
    ids = pairs.group_by("transaction_id").aggregate(
        customers=has_customer.ifelse(1, 0).sum(),
        pairs_on_days=(has_customer & (pairs.days > 1)).ifelse(1, 0).sum(),
        size=pairs.size.sum(),
        with_customer=has_customer.ifelse(pairs.size, 0).sum(),
        with_day=(pairs.size - pairs.blank_days).sum(),
        **{name: pairs[name].sum() for name in flags},
        **{f"level_{role}": pairs[f"level_{role}"].max() for role in roles},
    )
    several = ids.size > 1
    return ids.aggregate(
        n_ids=ids.count(),
        n_shared_ids=(ids.customers > 1).ifelse(1, 0).sum(),
        n_pairs=ids.customers.sum(),
        n_pairs_on_days=ids.pairs_on_days.sum(),
        n_several_lines=several.ifelse(1, 0).sum(),
        n_first_customer=(several & (ids.with_customer == 1)).ifelse(1, 0).sum(),
        n_first_day=(several & (ids.with_day == 1)).ifelse(1, 0).sum(),
        **{name: ids[name].sum() for name in flags},
        **{f"n_levels_{role}": ids[f"level_{role}"].nunique() for role in roles},
    )


def _get_level(parts: ibis.Table, role: str) -> ir.Value:
    """The largest value of a role in an order of several lines."""
    return (parts.size > 1).ifelse(parts[f"max_{role}"], ibis.null(parts[f"max_{role}"].type()))


def _is_close(a: ir.Value, b: ir.Value) -> ir.BooleanValue:
    return (a.cast("float64") - b.cast("float64")).abs() <= _TOLERANCE
