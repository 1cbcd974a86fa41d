"""Messages on a page or in a report: numbers in the reader's format, columns in plain terms."""

from __future__ import annotations

from numbers import Number
from string import Formatter
from typing import Any

from segmentation.messages import ColumnName, MapOption, Message
from segmentation.presentation.number_format import get_number_format

_COLUMN_TERMS = {
    "gross_sales_amount": "gross sales",
    "net_sales_amount": "net sales",
    "total_amount": "total",
    "discount_amount": "discount",
    "coupon_status": "coupon",
    "product_category": "category",
    "transaction_id": "order number",
}


class _PageFormatter(Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        match value:
            case Message():
                return self.vformat(value.template, (), value.values)
            case ColumnName():
                return _COLUMN_TERMS.get(value, value)
            case MapOption():
                return " on the Upload data page"
            case Number():
                return get_number_format().localize(format(value, format_spec))
        return format(value, format_spec)


def render_message(message: str) -> str:
    """A message for a page. A plain text, such as one that was stored in a run, stays as it is.

    >>> from segmentation.presentation.number_format import NumberFormat, number_format_context
    >>> with number_format_context(NumberFormat("1.234,50")):
    ...     render_message(Message("{lines:,} lines have no {column}.", {"lines": 1234, "column":
    ...         ColumnName("transaction_id")}))
    '1.234 lines have no order number.'
    """
    return _PageFormatter().format_field(message, "") if isinstance(message, Message) else message
