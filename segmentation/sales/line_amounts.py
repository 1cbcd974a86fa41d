"""Net, gross and discount of each line, from its own amounts and those of its whole order."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import ibis
import ibis.expr.types as ir

from segmentation.sales.line_parsing import MAX_AMOUNT, MONEY, MONEY_ROLES
from segmentation.sales.line_semantics import LineSemantics

AMOUNT_ROLES = ("net_sales_amount", "total_amount", "subtotal_amount", "gross_sales_amount", "unit_price")
"""Roles that give the money, in order of preference; unit_price stands for unit price x quantity."""
_NET_AMOUNTS = {"net_sales_amount", "subtotal_amount"}


def derive_amounts(lines: ibis.Table, semantics: LineSemantics, order_key: Sequence[str]) -> ibis.Table:
    """Add net, gross, discount and is_refunded to lines.

    Args:
        lines: as `parse_columns` gives them, with is_item (False: a payment, a total).
        semantics: which amounts there are, and what they refer to.
        order_key: columns that identify an order; lines without a transaction_id are orders of their own.

    Returns:
        `lines` with net, gross and discount (money; null: unknown or not in the data); with a refund_amount also refund
        (what was subtracted) and is_refunded (all was paid back).
    """
    lines = lines.mutate(list_price=_multiply(lines)) if _has_items(lines) else lines
    order_level = [role for role in MONEY_ROLES if role in semantics.order_level and role in lines.columns]
    if order_level:
        lines = spread_over_lines(lines, order_level, order_key)
    net, gross, discount = _derive_line_amounts(lines, semantics)
    lines = lines.mutate(net=net, gross=gross, discount=discount)
    return _deduct_refunds(lines, semantics, order_key) if "refund_amount" in lines.columns else lines


def get_provisional_amount(parsed: ibis.Table, role: str) -> ir.Value:
    """The money of a line, accurate enough to show how much depends on a question.

    Args:
        parsed: as `parse_columns` gives them.
        role: one of AMOUNT_ROLES; "": the first present.
    """
    role = role or next(name for name in AMOUNT_ROLES if name in parsed.columns)
    return _multiply(parsed) if role == "unit_price" else parsed[role]


def spread_over_lines(lines: ibis.Table, roles: Collection[str], order_key: Sequence[str]) -> ibis.Table:
    """Distribute the money of whole orders over their item lines, in cents; one line gets the remainder.

    Shares are in proportion to unit price x quantity, or equal if that is unknown. The value of an order is the
    largest on its lines: it is repeated on each of them, or stands on one.

    Args:
        lines: with is_item, and list_price (unit price x quantity) if it is known.
        roles: money columns to spread.
        order_key: columns that identify an order.
    """
    price = lines.list_price.abs().cast("float64") if "list_price" in lines.columns else ibis.literal(0.0)
    lines = lines.mutate(weight=lines.is_item.ifelse(ibis.coalesce(price, 0.0), 0.0), item=lines.is_item.ifelse(1, 0))
    lines = lines.mutate(
        order_weight=lines.weight.sum().over(group_by=order_key),
        order_items=lines.item.sum().over(group_by=order_key),
        line_number=ibis.row_number().over(
            group_by=order_key, order_by=[lines.item.desc(), lines.weight.desc(), lines.category]
        ),
        **{f"order_{role}": lines[role].max().over(group_by=order_key) for role in roles},
    )
    share = (lines.order_weight > 0).ifelse(
        lines.weight / _null_if_zero(lines.order_weight), lines.item / _null_if_zero(lines.order_items.cast("float64"))
    )
    share = ibis.coalesce(share, 0.0)
    lines = lines.mutate(
        **{
            f"share_{role}": (lines[f"order_{role}"].cast("float64") * share)
            .round(2)
            .cast("decimal(38, 2)")
            .cast(MONEY)
            for role in roles
        }
    )
    lines = lines.mutate(**{f"spread_{role}": lines[f"share_{role}"].sum().over(group_by=order_key) for role in roles})
    has_key = lines.transaction_id.notnull()
    zero = ibis.literal(0).cast(MONEY)
    shares = {}
    for role in roles:
        rest = (lines.line_number == 0).ifelse(lines[f"order_{role}"] - lines[f"spread_{role}"], zero)
        shares[role] = has_key.ifelse(lines[f"share_{role}"] + rest, lines[role])
    helpers = [name for name in lines.columns if name.startswith(("share_", "spread_", "order_weight", "order_items"))]
    helpers += ["weight", "item", "line_number", *(f"order_{role}" for role in roles)]
    return lines.mutate(**shares).drop(helpers)


def _derive_line_amounts(lines: ibis.Table, semantics: LineSemantics) -> tuple[ir.Value, ir.Value, ir.Value]:
    """Net, gross and discount of a line; each may be derived from the other two."""
    missing, zero = ibis.null(MONEY), ibis.literal(0).cast(MONEY)
    names = set(lines.columns)
    source = semantics.amount or next(role for role in AMOUNT_ROLES if role in names)
    given = lines["discount_amount"] if "discount_amount" in names else None
    if given is not None and semantics.is_discount_negative:
        given = -given
    gross: ir.Value | None = lines.gross_sales_amount if "gross_sales_amount" in names else None
    if gross is None and "list_price" in names and source in {"subtotal_amount", "unit_price"}:
        gross = lines.list_price
    base = None if source in {"gross_sales_amount", "unit_price"} else lines[source]
    discount = given
    if given is not None and semantics.discount_kind != "amount":
        rate = given.abs().cast("float64") / (100 if semantics.discount_kind == "percent" else 1)
        rate = (rate <= 1).ifelse(rate, ibis.null("float64"))
        if gross is None and base is not None:
            gross = to_money(base.cast("float64") / ibis.coalesce(_null_if_zero(1 - rate), 1.0))
            discount = gross - base
        else:
            assert gross is not None
            discount = gross - to_money((gross.cast("float64") * (1 - rate)).round(2))
    if discount is not None:  # a missing discount counts as 0; an unreadable one leaves the amount unknown
        discount = (
            lines.no_discount.ifelse(zero, discount)
            if "discount_amount" not in semantics.order_level
            else ibis.coalesce(discount, zero)
        )
    if "line_discount_amount" in names:
        line_discount = ibis.coalesce(lines.line_discount_amount.abs(), zero)
        discount = line_discount if discount is None else discount + line_discount
    if base is None:
        gross = lines.gross_sales_amount if source == "gross_sales_amount" else gross
        assert gross is not None
        net = gross if discount is None else gross - discount
    elif source == "subtotal_amount" and discount is not None and not semantics.is_discount_deducted:
        net = base - discount
    else:
        net = base
    if gross is None and discount is not None:
        gross = net + discount
    elif gross is not None and source in _NET_AMOUNTS:
        is_derived = semantics.is_discount_deducted and "gross_sales_amount" not in names
        discount = gross - net if discount is None or is_derived else discount
    return net, missing if gross is None else gross, missing if discount is None else discount


def _deduct_refunds(lines: ibis.Table, semantics: LineSemantics, order_key: Sequence[str]) -> ibis.Table:
    """Subtract refunds from the net sales of their line, or of all lines of the order for refunds of whole orders."""
    zero = ibis.literal(0).cast(MONEY)
    if semantics.is_refund_deducted:
        lines = lines.mutate(net=lines.net + ibis.coalesce(lines.refund_amount.abs(), zero))
    is_order_level = "refund_amount" in semantics.order_level
    paid = lines.net.sum().over(group_by=order_key) if is_order_level else lines.net
    back = lines.refund_amount.abs().sum().over(group_by=order_key) if is_order_level else lines.refund_amount.abs()
    lines = lines.mutate(paid=ibis.coalesce(paid, zero), back=ibis.coalesce(back, zero))
    is_refunded = (lines.back > 0) & (lines.back >= lines.paid) & (lines.paid > 0)
    lines = lines.mutate(is_refunded=is_refunded)
    refund = (is_refunded | (lines.back == 0)).ifelse(zero, ibis.coalesce(lines.refund_amount.abs(), zero))
    return lines.mutate(net=lines.net - refund, refund=refund).drop("paid", "back")


def _has_items(lines: ibis.Table) -> bool:
    return {"unit_price", "quantity"} <= set(lines.columns)


def _multiply(lines: ibis.Table) -> ir.Value:
    """Unit price x quantity."""
    product = lines.unit_price.cast("float64") * lines.quantity
    return to_money((product.abs() < MAX_AMOUNT).ifelse(product, ibis.null("float64")))


def to_money(amount: ir.Value) -> ir.Value:
    """A product as money, without floating-point noise."""
    return amount.round(6).cast(MONEY)


def _null_if_zero(value: ir.Value) -> ir.Value:
    return (value != 0).ifelse(value, ibis.null("float64"))
