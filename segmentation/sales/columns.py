"""What a sales table must and may hold, and how its columns are recognised.

Columns are found whatever their case and punctuation, by their name in fct_sales or by a common synonym.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence

from segmentation.errors import ColumnError

# Most telling first: where a table has several, the first of this order is taken.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "customer_id": (
        "customerid", "customer", "customer_key", "customer_no", "customer_number", "cust_id", "client_id", "user_id",
        "household_id", "household_key", "member_id", "shopper_id", "account_id",
    ),
    "transaction_id": (
        "transactionid", "transaction", "order_id", "order_no", "order_number", "invoice_id", "invoice_no", "invoice",
        "invoice_number", "basket_id", "receipt_id", "receipt_no", "bill_no", "sale_id", "ticket_id",
    ),
    "transaction_date": (
        "transaction_timestamp", "transaction_datetime", "order_date", "order_timestamp", "order_datetime",
        "invoice_date", "purchase_date", "sale_date", "sales_date", "ordered_at", "purchased_at", "date", "day",
        "datetime", "timestamp", "created_at",
    ),
    "net_sales_amount": (
        "net_sales", "net_amount", "net_revenue", "net_value", "sales_value", "sales_amount", "revenue", "line_total",
        "line_amount", "amount", "sales", "spend",
    ),
    "total_amount": ("total", "total_price", "total_sales", "order_total", "invoice_amount", "amount_paid"),
    "gross_sales_amount": ("gross_sales", "gross_amount", "gross_revenue", "gross_value", "gross"),
    "discount_amount": ("discount", "discount_value", "total_discount", "discounts", "retail_disc"),
    "quantity": ("qty", "units", "quantity_sold", "item_count"),
    "product_category": ("category", "category_name", "product_type", "department", "product_group"),
    "coupon_status": ("coupon", "coupon_used"),
}  # fmt: skip
AMOUNTS = ("net_sales_amount", "total_amount", "gross_sales_amount")


def recognise(names: Sequence[str], chosen: Iterable[tuple[str, str]] = ()) -> dict[str, str]:
    """Which column of the source is which column of fct_sales.

    Args:
        names: column names of the source, in its own spelling.
        chosen: pairs (name in fct_sales, name in the source) that go before what would be recognised; an empty name
            says that there is no such column.

    Returns:
        name in fct_sales -> name in the source, for the columns that were found.

    Raises:
        ColumnError: a column that is needed is missing, or a chosen one is not there.

    >>> recognise(["CustomerID", "InvoiceNo", "InvoiceDate", "Revenue"])["customer_id"]
    'CustomerID'
    """
    found = look_for(names, chosen)
    _require(found, names)
    return found


def look_for(names: Sequence[str], chosen: Iterable[tuple[str, str]] = ()) -> dict[str, str]:
    """The same as `recognise`, also where a column that is needed is missing."""
    by_plain_name: dict[str, str] = {}
    for name in names:
        by_plain_name.setdefault(plain_name(name), name)
    overrides = _checked(dict(chosen), names)
    taken = set(overrides.values())
    found = {canonical: name for canonical, name in overrides.items() if name}
    for canonical, synonyms in SYNONYMS.items():
        if canonical in overrides:
            continue
        for candidate in (canonical, *synonyms):
            match = by_plain_name.get(plain_name(candidate))
            if match is not None and match not in taken:
                found[canonical] = match
                taken.add(match)
                break
    return found


def plain_name(name: str) -> str:
    """A name without what differs between spellings of it: customerid for Customer_ID."""
    return re.sub(r"[\W_]+", "", name).lower()


def _checked(chosen: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    by_lower = {name.lower(): name for name in reversed(names)}
    checked = {}
    for canonical, name in chosen.items():
        if canonical not in SYNONYMS:
            raise ColumnError(f"There is no column {canonical!r} to map to.", hint=f"Known: {', '.join(SYNONYMS)}.")
        actual = name if name in names or not name else by_lower.get(name.lower())
        if actual is None:
            close = difflib.get_close_matches(name, names, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"The table has: {', '.join(names[:20])}."
            raise ColumnError(f"The table has no column {name!r}.", hint=hint)
        checked[canonical] = actual
    return checked


def _require(found: Mapping[str, str], names: Sequence[str]) -> None:
    has = f"The table has: {', '.join(names[:20])}."
    for needed in ("customer_id", "transaction_date"):
        if needed not in found:
            raise ColumnError(
                f"No column for {needed} was found.", hint=f"Say which one it is: --map {needed}=NAME. {has}"
            )
    if not any(amount in found for amount in AMOUNTS):
        raise ColumnError(
            "No column with an amount of money was found.",
            hint=f"Say which one it is: --map net_sales_amount=NAME (or total_amount, gross_sales_amount). {has}",
        )
