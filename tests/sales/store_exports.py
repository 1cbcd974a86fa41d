"""Exports of store software and payment services."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from tests.sales.invented_shop import Export, expect, join_items, keep_sold, vary_case


def export_shopify(orders: pd.DataFrame, items: pd.DataFrame) -> Export:
    lines = join_items(orders, items)
    later = lines["order"].duplicated()
    statuses = {"paid": "paid", "cancelled": "voided", "refunded": "refunded", "partial": "partially_refunded"}
    statuses["failed"] = "expired"
    stamps = lines["day"].dt.strftime("%Y-%m-%d 14:30:00 -0500")
    is_paid = (lines["order"] % 2 == 0) & (lines["status"] == "cancelled")  # cancelled before the refund
    frame = pd.DataFrame(
        {
            "Name": "#" + lines["order"].astype(str),
            "Email": vary_case(lines["customer"]),
            "Financial Status": lines["status"].map(statuses).mask(is_paid, "paid").mask(later, ""),
            "Currency": lines["currency"].mask(later, ""),
            "Subtotal": (lines["subtotal"] - lines["discount_order"]).round(2).mask(later),
            "Shipping": lines["shipping"].mask(later),
            "Taxes": lines["tax"].mask(later),
            "Total": lines["total"].mask(later),
            "Discount Amount": lines["discount_order"].mask(later),
            "Created at": stamps,
            "Lineitem quantity": lines["quantity"],
            "Lineitem name": lines["category"],
            "Lineitem price": lines["price"],
            "Cancelled at": stamps.where((lines["status"] == "cancelled") & ~later, ""),
            "Refunded Amount": lines["refund"].mask(later),
        }
    )
    sold = keep_sold(orders)
    return expect(frame, sold, sold["total"] - sold["refund"])


def export_woocommerce(orders: pd.DataFrame, items: pd.DataFrame) -> Export:
    lines = join_items(orders, items)
    statuses = {"paid": "wc-completed", "cancelled": "wc-cancelled", "refunded": "Refunded", "partial": "Completed"}
    statuses["failed"] = "wc-failed"
    frame = pd.DataFrame(
        {
            "Order Number": lines["order"],
            "Order Status": lines["status"].map(statuses),
            "Order Date": lines["day"].dt.strftime("%Y-%m-%d 09:15"),
            "Email (Billing)": vary_case(lines["customer"]),
            "Order Currency": lines["currency"],
            "Cart Discount Amount": lines["discount_order"],
            "Order Subtotal Amount": lines["subtotal"],
            "Order Shipping Amount": lines["shipping"],
            "Order Refund Amount": lines["refund"],
            "Order Total Amount": lines["total"],
            "Order Total Tax Amount": lines["tax"],
            "Item Name": lines["category"],
            "Quantity": lines["quantity"],
            "Item Cost": lines["price"],
        }
    )
    sold = keep_sold(orders)
    return expect(frame, sold, sold["total"] - sold["refund"])


def export_woocommerce_analytics(orders: pd.DataFrame, items: pd.DataFrame) -> Export:
    names = orders["customer"].str.partition("@")[0]
    net = (orders["subtotal"] - orders["discount"]).round(2)
    frame = pd.DataFrame(
        {
            "Date": orders["day"].dt.strftime("%Y-%m-%d 09:15:00"),
            "Order #": orders["order"],
            "Status": orders["status"].replace({"paid": "completed", "partial": "processing"}),
            "Customer": names,
            "Customer type": np.where(names.duplicated(), "returning", "new"),
            "Product(s)": "1x Cup",
            "Items sold": items.groupby("order")["quantity"].sum().to_numpy(),
            "Coupon(s)": "",
            "N. Revenue": net,
        }
    )
    sold = keep_sold(orders)
    return expect(frame, sold, net[sold.index])


def export_magento(orders: pd.DataFrame, items: pd.DataFrame) -> Export:
    statuses = {"paid": "Complete", "cancelled": "Canceled", "refunded": "Closed", "partial": "Processing"}
    frame = pd.DataFrame(
        {
            "ID": orders["order"].map("{:09d}".format),
            "Purchase Point": "Main Website",
            "Purchase Date": orders["day"].dt.strftime("%Y-%m-%d 10:00:00"),
            "Bill-to Name": "A. Buyer",
            "Grand Total (Base)": orders["total"],
            "Grand Total (Purchased)": orders["total"],
            "Status": orders["status"].map(statuses),
            "Customer Email": vary_case(orders["customer"]),
            "Customer Group": "General",
            "Subtotal": orders["subtotal"],
            "Shipping and Handling": orders["shipping"],
            "Total Refunded": orders["refund"],
        }
    )
    sold = keep_sold(orders)
    return expect(frame, sold, sold["total"] - sold["refund"])


def export_bigcommerce(orders: pd.DataFrame, items: pd.DataFrame) -> Export:
    statuses = {"paid": "Shipped", "cancelled": "Cancelled", "refunded": "Refunded", "partial": "Partially Refunded"}
    frame = pd.DataFrame(
        {
            "Order ID": orders["order"],
            "Customer ID": 0,
            "Customer Name": "A. Buyer",
            "Customer Email": vary_case(orders["customer"]),
            "Order Date": orders["day"].dt.strftime("%Y-%m-%d"),
            "Order Status": orders["status"].map(statuses),
            "Subtotal (inc tax)": orders["subtotal"] + orders["tax"],
            "Subtotal (ex tax)": orders["subtotal"],
            "Tax Total": orders["tax"],
            "Shipping Cost (ex tax)": orders["shipping"],
            "Coupon Value": orders["discount"],
            "Order Total (inc tax)": orders["total"],
            "Order Total (ex tax)": orders["total"] - orders["tax"],
            "Refund Amount": orders["refund"],
            "Total Quantity": items.groupby("order")["quantity"].sum().to_numpy(),
            "Order Currency Code": "USD",
        }
    )
    sold = keep_sold(orders)
    return expect(frame, sold, sold["total"] - sold["refund"])


def export_square(orders: pd.DataFrame, items: pd.DataFrame) -> Export:
    lines = join_items(orders[orders["status"] != "cancelled"], items)
    back = lines[lines["status"] == "refunded"]
    rows = pd.concat([lines.assign(sign=1), back.assign(sign=-1)], ignore_index=True)
    net = (rows["amount"] - rows["discount"]).round(2) * rows["sign"]
    dollars = "${:,.2f}".format
    frame = pd.DataFrame(
        {
            "Date": rows["day"].dt.strftime("%Y-%m-%d"),
            "Time": "14:50:00",
            "Category": rows["category"],
            "Item": "Thing",
            "Qty": rows["quantity"] * rows["sign"] * 1.0,
            "Price Point Name": "Regular",
            "Gross Sales": (rows["amount"] * rows["sign"]).map(dollars).str.replace("$-", "-$", regex=False),
            "Discounts": (rows["discount"] * -rows["sign"]).map(dollars).str.replace("$-", "-$", regex=False),
            "Net Sales": net.map(dollars).str.replace("$-", "-$", regex=False),
            "Tax": "$0.00",
            "Transaction ID": "tx" + rows["order"].astype(str) + np.where(rows["sign"] < 0, "r", ""),
            "Event Type": np.where(rows["sign"] < 0, "Refund", "Payment"),
            "Customer ID": rows["customer"],
        }
    )
    return expect(frame, orders[orders["status"] != "cancelled"], net)


def export_stripe(orders: pd.DataFrame, items: pd.DataFrame) -> Export:
    statuses = {"paid": "Paid", "cancelled": "Failed", "refunded": "Refunded", "partial": "Paid"}
    frame = pd.DataFrame(
        {
            "id": "ch_" + orders["order"].astype(str),
            "Created date (UTC)": orders["day"].dt.strftime("%Y-%m-%d 20:38:34"),
            "Amount": orders["total"],
            "Amount Refunded": orders["refund"],
            "Currency": "usd",
            "Captured": (orders["status"] != "cancelled").map({True: "true", False: "false"}),
            "Fee": 1.0,
            "Mode": "Live",
            "Status": orders["status"].map(statuses),
            "Customer ID": "cus_" + orders["order"].astype(str),
            "Customer Email": vary_case(orders["customer"]),
        }
    )
    trial = frame.iloc[:1].assign(id="ch_trial", Mode="Test", Amount=9999.0, Status="Paid")
    sold = keep_sold(orders)
    return expect(pd.concat([frame, trial]), sold, sold["total"] - sold["refund"])


def export_stripe_balance(orders: pd.DataFrame, items: pd.DataFrame) -> Export:
    """Charges after fees, refunds of a part of them, and payouts."""
    frame = pd.DataFrame(
        {
            "id": "txn_" + orders["order"].astype(str),
            "Type": "charge",
            "Source": "ch_" + orders["order"].astype(str),
            "Amount": orders["total"],
            "Fee": 1.0,
            "Net": orders["total"] - 1,
            "Currency": "usd",
            "Created (UTC)": orders["day"].dt.strftime("%Y-%m-%d 20:38"),
            "Customer Email": vary_case(orders["customer"]),
        }
    )
    back = frame.assign(Type="refund", Amount=-orders["refund"], Net=-orders["refund"], Fee=0.0)[orders["refund"] > 0]
    payout = frame.iloc[:2].assign(Type="payout", Amount=-900.0, Net=-900.0, Fee=0.0, **{"Customer Email": ""})
    return expect(pd.concat([frame, back, payout]), orders, orders["total"] - orders["refund"])


def export_lightspeed(orders: pd.DataFrame, items: pd.DataFrame) -> Export:
    lines = join_items(orders, items)
    net = (lines["amount"] - lines["discount"]).round(2)
    common = {"Date": lines["day"].dt.strftime("%Y-%m-%d 11:00:00"), "Receipt Number": lines["order"]}
    common |= {"Customer Code": lines["customer"], "Status": lines["status"].replace({"cancelled": "VOIDED"})}
    parts = pd.DataFrame({**common, "Line Type": "Sale Line", "Quantity": lines["quantity"], "Subtotal": net})
    parts["Discount"] = lines["discount"]
    sales = parts.groupby(["Date", "Receipt Number", "Customer Code", "Status"], as_index=False)[
        ["Quantity", "Subtotal", "Discount"]
    ].sum()
    payments = sales.assign(**{"Line Type": "Payment"}, Quantity=0)
    frame = pd.concat([sales.assign(**{"Line Type": "Sale"}), parts, payments]).sort_values("Receipt Number")
    frame["Status"] = frame["Status"].where(frame["Status"] == "VOIDED", "CLOSED")
    frame["Sales Tax"] = (frame["Subtotal"] * 0.05).round(2)
    frame["Total"] = (frame["Subtotal"] + frame["Sales Tax"]).round(2)
    walk_in = frame[frame["Line Type"] == "Sale Line"].iloc[:3].assign(**{"Customer Code": "WALKIN"})
    kept = orders["status"] != "cancelled"
    sold = orders[kept]
    return expect(pd.concat([frame, walk_in]).round(2), sold, sold["subtotal"] - sold["discount"])


STORE_EXPORTS: dict[str, Callable[[pd.DataFrame, pd.DataFrame], Export]] = {
    "shopify_orders": export_shopify,
    "woocommerce_orders": export_woocommerce,
    "woocommerce_analytics": export_woocommerce_analytics,
    "magento_orders": export_magento,
    "bigcommerce_orders": export_bigcommerce,
    "square_items": export_square,
    "stripe_payments": export_stripe,
    "stripe_balance": export_stripe_balance,
    "lightspeed_sales": export_lightspeed,
}
"""Layout id -> its export of a shop."""
