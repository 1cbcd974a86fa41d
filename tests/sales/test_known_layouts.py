"""Layouts of known exports: recognized by header, and overridden by the user's settings."""

from __future__ import annotations

import pytest

from segmentation.errors import ColumnError, SettingsError
from segmentation.sales.column_names import SYNONYMS
from segmentation.sales.known_layouts import FOLDER, Layout, apply_layout, find_layout, list_layouts
from segmentation.settings import NO_LAYOUT, SalesSettings

SHOPIFY = [
    "Name",
    "Email",
    "Financial Status",
    "Subtotal",
    "Total",
    "Created at",
    "Lineitem quantity",
    "Lineitem price",
]


def list_columns(layout: Layout) -> list[str]:
    """The columns of its header and, of each role, the preferred one."""
    return list(dict.fromkeys([*layout.header, *(names[0] for names in layout.columns.values() if names)]))


def test_list_layouts_finds_every_known_export() -> None:
    assert {layout.id for layout in list_layouts()} == {
        *("shopify_orders", "woocommerce_orders", "woocommerce_analytics", "magento_orders", "bigcommerce_orders"),
        *(
            "square_items",
            "stripe_balance",
            "stripe_payments",
            "amazon_all_orders",
            "amazon_order_report",
            "ebay_orders",
            "etsy_order_items",
            "etsy_orders",
        ),
        *("lightspeed_sales", "olist_orders", "online_retail", "online_retail_ii", "superstore"),
        *("complete_journey", "dunnhumby_transactions"),
    }
    assert len(list_layouts()) == len(list(FOLDER.iterdir()))


@pytest.mark.parametrize("layout", list_layouts(), ids=lambda layout: layout.id)
def test_find_layout_recognizes_own_header(layout: Layout) -> None:
    columns = list_columns(layout)
    assert layout.columns.keys() <= set(SYNONYMS)
    assert layout.note.endswith(".")
    assert find_layout(columns) == layout
    assert find_layout([name.upper() for name in columns]) == layout
    assert find_layout([f"export.{name.replace(' ', '_')}" for name in columns]) == layout
    assert find_layout(columns, NO_LAYOUT) is None
    completed = apply_layout(columns, layout, SalesSettings())
    assert dict(completed.columns)["customer_id"] == layout.columns["customer_id"][0]


@pytest.mark.parametrize("layout", list_layouts(), ids=lambda layout: layout.id)
def test_find_layout_needs_whole_header(layout: Layout) -> None:
    assert find_layout([name for name in layout.header if name != layout.header[-1]]) is None


def test_find_layout_leaves_fct_sales_alone() -> None:
    names = ["customer_id", "transaction_id", "transaction_date", "quantity", "net_sales_amount", "coupon_status"]
    assert find_layout(names) is None


def test_find_layout_rejects_unknown_name() -> None:
    with pytest.raises(SettingsError, match=r"Unknown layout 'shopware'\. Choose: amazon_all_orders, "):
        find_layout(SHOPIFY, "shopware")


def test_apply_layout_completes_settings() -> None:
    layout = find_layout(SHOPIFY)
    assert layout is not None
    settings = apply_layout(SHOPIFY, layout, SalesSettings(source="shop.csv"))
    columns = dict(settings.columns)
    assert (columns["customer_id"], columns["total_amount"], columns["net_sales_amount"]) == ("Email", "Total", "")
    assert "refund_amount" not in columns  # this export has no such column
    assert (settings.source, settings.amount_grain) == ("shop.csv", "order")
    assert dict(settings.statuses)["authorized"] == "count"


def test_apply_layout_keeps_user_settings() -> None:
    layout = find_layout(SHOPIFY)
    assert layout is not None
    own = SalesSettings(
        columns=(("customer_id", "Name"), ("subtotal_amount", "Subtotal")), statuses=(("Authorized", "exclude"),)
    )
    settings = apply_layout(SHOPIFY, layout, own)
    columns = dict(settings.columns)
    assert (columns["customer_id"], columns["subtotal_amount"]) == ("Name", "Subtotal")
    assert columns["total_amount"] == "", "the total is not taken beside an amount of the user"
    assert "transaction_id" not in columns, "the user needs Name for another role"
    assert settings.amount_grain is None
    assert dict(settings.statuses)["authorized"] == "exclude"


@pytest.mark.parametrize(
    ("layout_id", "role", "hint"),
    [("amazon_all_orders", "customer_id", "buyer-email"), ("dunnhumby_transactions", "transaction_date", "DAY")],
)
def test_apply_layout_explains_missing_column(layout_id: str, role: str, hint: str) -> None:
    layout = next(layout for layout in list_layouts() if layout.id == layout_id)
    with pytest.raises(ColumnError, match=f"This {layout.export} has no {role}.*{hint}"):
        apply_layout(layout.header, layout, SalesSettings())
    settings = apply_layout([*layout.header, "mine"], layout, SalesSettings(columns=((role, "mine"),)))
    assert dict(settings.columns)[role] == "mine"
