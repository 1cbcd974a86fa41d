"""Sentences on the layout of a table and on what a check of its data found.

Numbers are in the number format of the reader.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from segmentation.errors import SettingsError
from segmentation.presentation import formatting
from segmentation.sales.findings import Finding
from segmentation.sales.known_layouts import Layout
from segmentation.settings import SEMANTIC_OPTIONS

_SENTENCES = {
    "dominant_customer": "The customer {customer_id!r} has {share_of_orders} of all orders and "
    "{share_of_sales} of net sales: it may be a business, or a placeholder for many people.",
    "customers_order_once": "Hardly any of the {customers} customers have more than one order: "
    "{column!r} may be new for each order.",
    "rejected_lines": "{share} of all lines ({lines}, {money}) are rejected: {label}.",
    "single_day": "All sales are dated {date}: {column!r} may be the export date.",
    "equal_amounts": "All amounts in {column!r} are equal: they may not be the sales amounts.",
    "lone_last_date": "The last sales, from {date} on ({lines} in all), come {days} days after the previous ones: they "
    "make every customer look less recent.",
    "exact_copies": "{lines} lines ({share}, {money}) are exact copies of another line.",
    "overlapping_exports": "{lines} lines ({share}, {money}) are exact copies, including nearly every line between "
    "{first} and {last}: exports may overlap.",
    "second_column": "{other!r} may also be the {role}: it differs from {column!r} on {share} of all lines.",
    "orders_on_several_days": "{share} of orders have lines on several days: the numbers in {column!r} may restart.",
    "shared_order_ids": "{share} of the IDs in {column!r} are shared by several customers: each customer has a "
    "separate order.",
    "repeated_amounts": "{column!r} is the same on all lines of {share} of orders: it may be the amount of the "
    "whole order.",
}
"""Finding -> its sentence, with its figures in braces."""
_FIXES = {
    "dominant_customer": "Exclude this customer",
    "lone_last_date": "Exclude these sales",
    "exact_copies": "Count copies once",
    "overlapping_exports": "Count copies once",
    "second_column": "Use the other column",
    "orders_on_several_days": "Treat each day as a separate order",
    "repeated_amounts": "Count the amount once per order",
}
_OPTIONS = {"columns": "map", "customer_values": "customer-value", "statuses": "status"}
_ANSWERS = {
    f"--{_OPTIONS.get(field, field).replace('_', '-')}": field
    for field in ("columns", "customer_values", "statuses", "currency", *SEMANTIC_OPTIONS)
}
"""Option that answers a question about the data -> its field of SalesSettings."""


def describe_layout(layout: Layout) -> str:
    """What a table was recognized as, and what follows from it.

    >>> from segmentation.sales.known_layouts import find_layout
    >>> describe_layout(find_layout([], "online_retail"))
    'This looks like an Online Retail table. Sales are unit price x quantity; a quantity below zero is a return.'
    """
    article = "an" if layout.export[0] in "AEIOe" else "a"
    return f"This looks like {article} {layout.export}. {layout.note}"


def describe_finding(finding: Finding) -> str:
    """One sentence on a finding.

    >>> describe_finding(Finding("shared_order_ids", "info", {"column": "receipt", "share": 0.125}))
    "13\xa0% of the IDs in 'receipt' are shared by several customers: each customer has a separate order."
    """
    return _SENTENCES[finding.id].format_map({name: _format_figure(name, it) for name, it in finding.figures.items()})


def _format_figure(name: str, value: Any) -> Any:
    if name == "money":
        return "amount unknown" if value is None else formatting.format_amount(value)
    if name == "label":
        return value.lower()
    if name.startswith("share"):
        return formatting.format_percent(value)
    return formatting.format_count(value) if isinstance(value, int) else value


def describe_fix(finding: Finding) -> str:
    """The label of the button that repairs a finding; "" if nothing in the product can."""
    return _FIXES[finding.id] if finding.fix else ""


def format_fix_options(fix: Mapping[str, Any]) -> str:
    """A fix as options of the command line.

    >>> format_fix_options({"drop_duplicates": True})
    '--drop-duplicates'
    >>> format_fix_options({"customer_values": (("Till 1", "exclude"),)})
    "--customer-value 'Till 1=exclude'"
    """
    options = []
    for name, value in fix.items():
        values = [f"{key}={text}" for key, text in value] if isinstance(value, tuple) else [str(value)]
        option = f"--{_OPTIONS.get(name, name).replace('_', '-')}"
        options.append(option if value is True else shlex.join([option, *values]))
    return " ".join(options)


def parse_answer_options(text: str) -> dict[str, Any]:
    """Answers to questions about the data, from options as `format_fix_options` writes them.

    >>> parse_answer_options("--customer-value 'Till 1=exclude' --currency EUR")
    {'customer_values': (('Till 1', 'exclude'),), 'currency': 'EUR'}

    Raises:
        SettingsError: the text has anything else.
    """
    answers: dict[str, Any] = {}
    try:
        field = ""
        for word in shlex.split(text):
            if word in _ANSWERS:
                field = _ANSWERS[word]
            elif field in _OPTIONS:  # a status or a column may have an equals sign, what is said of it has none
                key, value = word.split("=", 1) if field == "columns" else word.rsplit("=", 1)
                answers[field] = (*answers.get(field, ()), (key, value))
            elif field and field not in answers:
                answers[field] = word
            else:
                raise ValueError(word)
    except ValueError as error:
        raise SettingsError(
            "The link contains answers about the data that cannot be read.", hint="Answer the questions again."
        ) from error
    return answers
