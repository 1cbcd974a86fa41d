"""What the lines of a table mean beyond its column names: inferred from values, or set by the user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class LineSemantics:
    """How typed columns become money, orders and customers. The default is a well-formed fct_sales."""

    amount: str = ""
    """The role that gives the money, one of AMOUNT_ROLES; "": the first present."""
    order_level: frozenset[str] = frozenset()
    """Money roles whose value belongs to the whole order, and is repeated on its lines or stands on the first."""
    order_grain: str = "id"
    """One of SEMANTIC_OPTIONS['orders']."""
    discount_kind: str = "amount"
    is_discount_negative: bool = False
    """Whether the discount on a purchase is negative."""
    is_discount_deducted: bool = False
    """Whether the amount is already after the order's discount, which must then not be subtracted again."""
    is_refund_deducted: bool = False
    """Whether the amount is already after refunds."""
    statuses: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Role -> value of the column -> its meaning; see `segmentation.sales.order_status`."""
    filled: frozenset[str] = frozenset()
    """Roles whose blank cells are filled from other lines of the order."""
    cleaned_ids: frozenset[str] = frozenset()
    """Id columns with spaces, texts that stand for an empty cell, or whole numbers written as 12000.0."""
    total_columns: frozenset[str] = frozenset()
    """Columns with words such as Subtotal among their values, in lines that are sums of others."""
    labeled_columns: frozenset[str] = frozenset()
    """Columns with labels such as `Total 5201` among their values, in lines that are sums of others."""
    has_summary_lines: bool = False
    """Whether lines without a product repeat the sum of the other lines of their order."""
    currency: str = ""
    """Code of the currency of all money; "": unknown."""
    has_other_currencies: bool = False
    rates: Mapping[str, str] = field(default_factory=dict)
    """Currency -> value of one unit of it in `currency`."""
    excluded_customers: tuple[str, ...] = ()
    """Ids, in lower case, that the user excluded."""
    ignores_email_case: bool = False
    normalizes_unicode: bool = False
    ignored: Mapping[str, str] = field(default_factory=dict)
    """Roles whose column is not used after all -> the notice to show."""
    max_customers: int | None = None
    """Number of different customer ids before any are excluded or merged; None: not counted."""
    line_count: int = 0
    """Number of lines of the table that these semantics were inferred from; 0: they were not inferred."""
    merged_spellings: int = 0
    """Number of further spellings that were merged into other customer ids."""
    notices: tuple[str, ...] = ()
    """One sentence on each thing that was inferred."""

    @property
    def may_merge_ids(self) -> bool:
        """Whether a customer's id may have several spellings."""
        return self.merged_spellings > 0 or "customer_id" in self.cleaned_ids


DEFAULT_SEMANTICS = LineSemantics()
