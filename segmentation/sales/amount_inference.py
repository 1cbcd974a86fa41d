"""Infer which amounts belong to the whole order, what a discount is, and whether an amount includes tax."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from segmentation.errors import DataQuestionError
from segmentation.sales.column_mapping import normalize_name
from segmentation.sales.line_amounts import AMOUNT_ROLES
from segmentation.sales.line_semantics import LineSemantics
from segmentation.sales.order_evidence import OrderEvidence
from segmentation.settings import SalesSettings

_MIN_ORDERS = 5
"""Orders of several lines below which nothing is inferred from them."""
_ORDER_WORDS = ("order", "invoice", "payment", "basket", "cart", "receipt", "total", "subtotal")
_NET_NAMES = {"net", "netamount", "nettotal", "netvalue"}
_FEE = re.compile(r"(?<![^\W_])(?:fees?|commissions?|provision|geb\u00fchr(?:en)?|frais)(?![^\W_])", re.IGNORECASE)
_AMOUNT = re.compile(r"amount|subtotal|total|gross|sales|betrag|umsatz|montant", re.IGNORECASE)
_MAX_OPTIONS = 4
_LINE_WORDS = ("line", "item", "unit", "product", "each")


def check_amount_column(names: Sequence[str], columns: Mapping[str, str], mapping: Mapping[str, str]) -> None:
    """Ask whether sales are before fees if the table has fees and the amount column is called net.

    Args:
        names: the columns of the table.
        columns: name in fct_sales -> name in the table.
        mapping: the columns that the user or a layout mapped.

    Raises:
        DataQuestionError: the amount may be what is left after fees.
    """
    used = columns.get("net_sales_amount", "")
    fees = [name for name in names if _FEE.search(name)]
    if "net_sales_amount" in mapping or normalize_name(used) not in _NET_NAMES or not fees:
        return
    others = [name for name in names if name != used and name not in fees and _AMOUNT.search(name)]
    options = dict.fromkeys(others[:_MAX_OPTIONS], "Sales are this amount.")
    raise DataQuestionError(
        f"{used!r} may be what is left after fees, because there is a column {fees[0]!r}.",
        hint="Specify the sales amount: --map net_sales_amount=NAME.",
        setting="columns.net_sales_amount",
        options={**options, used: "It is not reduced by fees, or this is what you want to count."},
    )


def infer_amounts(
    columns: Mapping[str, str], settings: SalesSettings, evidence: OrderEvidence, semantics: LineSemantics
) -> LineSemantics:
    """Infer which column gives the money, at which level, and what a discount means.

    Raises:
        DataQuestionError: two readings of an amount or of a discount differ, and both are possible.
    """
    semantics = _drop_taxed_gross(columns, evidence, semantics)
    semantics = _drop_taxed_total(columns, settings, evidence, semantics)
    columns = {role: name for role, name in columns.items() if role not in semantics.ignored}
    semantics = _choose_amount(columns, settings, evidence, semantics)
    return _infer_discount(columns, settings, evidence, semantics)


def _drop_taxed_gross(columns: Mapping[str, str], evidence: OrderEvidence, semantics: LineSemantics) -> LineSemantics:
    """Ignore a gross amount that equals net plus tax: it is not the amount before discounts."""
    if not ({"net_sales_amount", "gross_sales_amount"} <= columns.keys() and evidence.holds("tax_fits", "taxed", 0.9)):
        return semantics
    notice = f"{columns['gross_sales_amount']!r} is {columns['net_sales_amount']!r} plus tax, and was not used."
    return replace(semantics, ignored={**semantics.ignored, "gross_sales_amount": notice})


def _drop_taxed_total(
    columns: Mapping[str, str], settings: SalesSettings, evidence: OrderEvidence, semantics: LineSemantics
) -> LineSemantics:
    """Ignore a total that equals subtotal plus tax, unless the user or a layout mapped it."""
    if dict(settings.columns).get("total_amount") or not evidence.holds("tax_in_total", "taxed", 0.9):
        return semantics
    notice = f"{columns['total_amount']!r} is {columns['subtotal_amount']!r} plus tax, and was not used."
    return replace(semantics, ignored={**semantics.ignored, "total_amount": notice})


def _choose_amount(
    columns: Mapping[str, str], settings: SalesSettings, evidence: OrderEvidence, semantics: LineSemantics
) -> LineSemantics:
    """Choose the role that gives the money, and find the amounts that belong to whole orders."""
    present = [role for role in AMOUNT_ROLES if role in columns and (role != "unit_price" or "quantity" in columns)]
    has_items = "unit_price" in present
    source = present[0]
    totals = [role for role in present if role in {source, "gross_sales_amount"} and role != "unit_price"]
    order_level = {role for role in totals if _is_order_level(role, columns, settings, evidence)}
    for role, name in (("shipping_amount", "shipping"), ("tax_amount", "tax")):
        if evidence.holds(f"is_{name}", "lines", 0.9, 3):
            raise DataQuestionError(
                f"{columns[source]!r} is equal to the {name} in {columns[role]!r}, so it is not the sales amount.",
                hint="Specify the amount: --map net_sales_amount=NAME.",
                setting="columns.net_sales_amount",
                options={},
            )
    order_level |= {
        role
        for role in ("discount_amount", "refund_amount")
        if role in columns and settings.amount_grain != "line" and _is_discount_order_level(role, evidence)
    }
    notices = [
        f"{columns[role]!r} is the amount of the whole order: it is counted once per order."
        for role in sorted(order_level)
        if role == source
    ]
    differing = evidence[f"several_{source}"] - evidence[f"items_match_{source}"]
    if has_items and source in order_level and differing:
        notices.append(
            f"The lines of {int(differing):,} of {int(evidence[f'several_{source}']):,} orders of several lines do not "
            f"add up to {columns[source]!r}: shipping, tax or discounts in it are spread over the lines."
        )
    extras = [columns[role] for role in ("tax_amount", "shipping_amount") if role in columns]
    if source in {"total_amount", "gross_sales_amount"} and extras and not dict(settings.columns).get(source):
        included = " and ".join(map(repr, extras))
        notices.append(f"{columns[source]!r} may include {included}: if so, map another column to net_sales_amount.")
    if source == "unit_price":
        notices.append(f"Money is {columns['unit_price']!r} x {columns['quantity']!r}, less discounts.")
    is_refund_deducted = source == "net_sales_amount" and evidence.holds("refund_fits", "refunds", 0.9)
    if is_refund_deducted:
        notices.append(f"{columns[source]!r} is already after {columns['refund_amount']!r}.")
    return replace(
        semantics,
        amount=source,
        is_refund_deducted=is_refund_deducted,
        # If the items add up to a subtotal, it is the amount before discounts.
        is_discount_deducted=not (has_items and evidence.holds(f"items_match_{source}", f"several_{source}", 0.9)),
        order_level=frozenset(order_level),
        notices=(*semantics.notices, *notices),
    )


def _is_order_level(role: str, columns: Mapping[str, str], settings: SalesSettings, evidence: OrderEvidence) -> bool:
    """Whether an amount belongs to the whole order.

    Raises:
        DataQuestionError: it is the same on all lines of an order, and nothing tells whether it is that of the order.
    """
    several = f"several_{role}"
    if settings.amount_grain is not None:
        return settings.amount_grain == "order"
    if evidence.holds(f"first_{role}", several, 0.95, 2) or _has_sum_lines(role, evidence):
        return True
    if not evidence.holds(f"constant_{role}", several, 0.98, _MIN_ORDERS):
        return False
    name = normalize_name(columns[role])
    if evidence.holds(f"items_match_{role}", several, 0.9):
        return True
    if evidence.holds(f"items_sum_{role}", several, 0.9) or any(word in name for word in _LINE_WORDS):
        return False
    if role != "net_sales_amount" or any(word in name for word in _ORDER_WORDS):
        return True
    if evidence[f"levels_{role}"] <= max(3, 0.1 * evidence[several]):  # a shop of few prices
        return False
    raise DataQuestionError(
        f"{columns[role]!r} is the same on all lines of each order: it may be the amount of the whole order.",
        hint="Specify what it is: --amount-grain order (counted once per order) or --amount-grain line.",
        setting="amount_grain",
        options={"order": "The amount is counted once per order.", "line": "The amount of each line counts."},
    )


def _is_discount_order_level(role: str, evidence: OrderEvidence) -> bool:
    several = f"several_{role}"
    if evidence.holds(f"first_{role}", several, 0.95, 2) or _has_sum_lines(role, evidence):
        return True
    few_levels = evidence[f"levels_{role}"] <= 3
    return evidence.holds(f"constant_{role}", several, 0.98, _MIN_ORDERS) and not few_levels


def _has_sum_lines(role: str, evidence: OrderEvidence) -> bool:
    """Whether one line of each order repeats the sum of the others, so that the largest value is that of the order."""
    return evidence.holds(f"sum_line_{role}", f"varied_{role}", 0.95, _MIN_ORDERS)


def _infer_discount(
    columns: Mapping[str, str], settings: SalesSettings, evidence: OrderEvidence, semantics: LineSemantics
) -> LineSemantics:
    """Infer whether a discount is money (possibly negative), a rate or a percentage.

    Raises:
        DataQuestionError: two readings are possible.
    """
    if "discount_amount" not in columns or not evidence["discounts"]:
        return semantics
    column = columns["discount_amount"]
    kind = settings.discount_kind or _infer_discount_kind(column, evidence)
    is_negative = kind == "amount" and evidence["below_zero"] > 0.5 * evidence["discounts"]
    order_level = semantics.order_level - ({"discount_amount"} if kind != "amount" else set())
    notices = []
    if kind != "amount":
        example = "0.2 is 20 %" if kind == "rate" else "20 is 20 %"
        notices.append(f"{column!r} is a share of the price: {example}.")
    return replace(
        semantics,
        discount_kind=kind,
        is_discount_negative=is_negative,
        order_level=order_level,
        notices=(*semantics.notices, *notices),
    )


def _infer_discount_kind(column: str, evidence: OrderEvidence) -> str:
    name = normalize_name(column)
    if evidence["signs"] > 0.5 * evidence["discounts"]:
        return "percent"
    for kind in ("amount", "negative", "rate", "percent"):  # gross less discount is net
        if evidence.holds(f"as_{kind}", "discounts", 0.9):
            return "amount" if kind == "negative" else kind
    is_named_share = any(word in name for word in ("percent", "pct", "rate"))
    if evidence.holds("rates", "discounts", 1.0):
        few = evidence["discount_levels"] <= 25
        if few and not is_named_share and evidence["plausible_money"] > 0.5 * evidence["discounts"]:
            raise DataQuestionError(
                f"{column!r} holds values from 0 to 1: they may be money or a share of the price.",
                hint="Specify what it is: --discount-kind amount or --discount-kind rate.",
                setting="discount_kind",
                options={"amount": "The discount is money.", "rate": "0.2 is 20 % off."},
            )
        if is_named_share or few:
            return "rate"
    if is_named_share:
        return "percent"
    could_be_percent = evidence.holds("percents", "discounts", 1.0, 10) and evidence["discount_levels"] <= 25
    if could_be_percent:
        if evidence["too_large"] > 0.02 * evidence["discounts"]:
            return "percent"
        raise DataQuestionError(
            f"{column!r} holds whole numbers up to 100: they may be money or percent.",
            hint="Specify what it is: --discount-kind amount or --discount-kind percent.",
            setting="discount_kind",
            options={"amount": "The discount is money.", "percent": "20 is 20 % off."},
        )
    return "amount"
