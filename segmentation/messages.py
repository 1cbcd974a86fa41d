"""Sentences that keep their values, so that every reader sees them in the reader's own format.

What computes a value that a sentence quotes returns a `Message`. As a string it is the sentence for the command line
and for files, in the neutral number format; `segmentation.presentation.messages` renders it for a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ColumnName(str):
    """A column of fct_sales, which the command line calls by its name and a page by a plain term."""


class MapOption(str):
    """How the command line maps a column; visitors do it on a page."""


class Message(str):
    """A sentence, with the format string and the values that it was made of.

    Values are numbers, column names, options, other messages, or text. Joining messages with + or in an f-string loses
    the values: make a message of both instead.

    >>> orders = Message("{count:,} orders", {"count": 1000})
    >>> Message("{customers:,} customers have {orders}.", {"customers": 250, "orders": orders})
    '250 customers have 1,000 orders.'
    """

    template: str
    values: Mapping[str, Any]

    def __new__(cls, template: str, values: Mapping[str, Any]) -> Message:
        """Render the sentence for the command line."""
        message = super().__new__(cls, template.format_map(values))
        message.template, message.values = template, values
        return message

    def __reduce__(self) -> tuple[type[Message], tuple[str, Mapping[str, Any]]]:
        return Message, (self.template, self.values)
