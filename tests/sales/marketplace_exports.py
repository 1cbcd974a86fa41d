"""Exports of marketplaces, and public data sets."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from tests.sales.invented_shop import Export, expect, join_items, keep_sold


def export_amazon(orders: pd.DataFrame, items: pd.DataFrame) -> Export:
    lines = join_items(orders, items)
    statuses = {
        "paid": "Shipped - Delivered to Buyer",
        "cancelled": "Cancelled",
        "refunded": "Shipped - Returned to Seller",
        "partial": "Unshipped",
    }
    cancelled = lines["status"] == "cancelled"
    frame = pd.DataFrame(
        {
            "amazon-order-id": "111-" + lines["order"].astype(str),
            "purchase-date": lines["day"].dt.strftime("%Y-%m-%dT08:00:00+00:00"),
            "order-status": lines["status"].map(statuses),
            "sku": "S1",
            "item-status": "Shipped",
            "quantity": lines["quantity"].mask(cancelled, 0),
            "currency": "USD",
            "item-price": lines["amount"].mask(cancelled),
            "item-tax": (lines["amount"] * 0.05).round(2),
            "shipping-price": 4.95,
            "item-promotion-discount": lines["discount"],
            "buyer-email": lines["customer"].str.lower(),
        }
    )
    sold = keep_sold(orders)
    return expect(frame, sold, sold["subtotal"] - sold["discount"])


def export_amazon_order_report(orders: pd.DataFrame, items: pd.DataFrame) -> Export:
    lines = join_items(orders, items)
    frame = pd.DataFrame(
        {
            "order-id": "111-" + lines["order"].astype(str),
            "order-item-id": np.arange(len(lines)) + 900,
            "purchase-date": lines["day"].dt.strftime("%Y-%m-%dT08:00:00+00:00"),
            "payments-date": lines["day"].dt.strftime("%Y-%m-%dT08:00:00+00:00"),
            "buyer-email": lines["customer"].str.lower(),
            "buyer-name": "A. Buyer",
            "sku": "S1",
            "quantity-purchased": lines["quantity"],
            "currency": "USD",
            "item-price": lines["amount"],
            "item-tax": (lines["amount"] * 0.05).round(2),
            "shipping-price": 4.95,
            "item-promotion-discount": lines["discount"],
        }
    )
    return expect(frame, orders, orders["subtotal"] - orders["discount"])


def export_ebay(orders: pd.DataFrame, items: pd.DataFrame) -> Export:
    lines = join_items(orders, items)
    frame = pd.DataFrame(
        {
            "Sales Record Number": lines["order"] - 5000,
            "Order Number": "13-" + lines["order"].astype(str),
            "Buyer Username": lines["customer"].str.partition("@")[0],
            "Item Number": 397424275164,
            "Item Title": lines["category"],
            "Quantity": lines["quantity"],
            "Sold For": lines["price"].map("${:,.2f}".format),
            "Shipping And Handling": "$4.95",
            "Total Price": (lines["amount"] + 4.95).map("${:,.2f}".format),
            "Sale Date": lines["day"].dt.strftime("%Y-%m-%d"),
        }
    )
    several = lines.duplicated("order", keep=False)
    first = several & ~lines.duplicated("order")
    summaries = frame[first].assign(**{"Item Number": np.nan, "Item Title": ""})
    summaries["Quantity"] = lines.groupby("order")["quantity"].transform("sum")
    summaries["Sold For"] = lines["subtotal"].map("${:,.2f}".format)
    summaries["Total Price"] = (lines["subtotal"] + 4.95).map("${:,.2f}".format)
    frame.loc[several, ["Buyer Username", "Shipping And Handling", "Total Price"]] = ""
    frame = pd.concat([summaries, frame]).sort_index(kind="stable")  # a summary line stands above its items
    return expect(frame, orders, orders["subtotal"])


def export_etsy_items(orders: pd.DataFrame, items: pd.DataFrame) -> Export:
    lines = join_items(orders, items)
    frame = pd.DataFrame(
        {
            "Sale Date": lines["day"].dt.strftime("%m/%d/%y"),
            "Item Name": lines["category"],
            "Buyer": lines["customer"].str.partition("@")[0],
            "Quantity": lines["quantity"],
            "Price": lines["price"],
            "Coupon Code": np.where(lines["discount"] > 0, "TEN", ""),
            "Discount Amount": lines["discount"],
            "Order Shipping": lines["shipping"],
            "Item Total": lines["amount"],
            "Currency": "USD",
            "Transaction ID": np.arange(len(lines)) + 400,
            "Order ID": lines["order"],
        }
    )
    return expect(frame, orders, orders["subtotal"] - orders["discount"])


def export_etsy_orders(orders: pd.DataFrame, items: pd.DataFrame) -> Export:
    frame = pd.DataFrame(
        {
            "Sale Date": orders["day"].dt.strftime("%m/%d/%y"),
            "Order ID": orders["order"],
            "Buyer User ID": orders["customer"].str.partition("@")[0],
            "Full Name": "A. Buyer",
            "Number of Items": items.groupby("order")["quantity"].sum().to_numpy(),
            "Currency": "USD",
            "Order Value": orders["subtotal"],
            "Discount Amount": orders["discount"],
            "Shipping": orders["shipping"],
            "Sales Tax": orders["tax"],
            "Order Total": orders["total"],
            "Status": "Paid",
            "Order Net": orders["total"] - 1,
        }
    )
    return expect(frame, orders, orders["total"])


def export_olist(orders: pd.DataFrame, items: pd.DataFrame) -> Export:
    lines = join_items(orders, items)
    statuses = {"paid": "delivered", "cancelled": "canceled", "refunded": "unavailable", "partial": "shipped"}
    frame = pd.DataFrame(
        {
            "order_id": lines["order"].map("o{}".format),
            "customer_id": lines["order"].map("c{}".format),
            "order_status": lines["status"].map(statuses),
            "order_purchase_timestamp": lines["day"].dt.strftime("%Y-%m-%d 14:50:00"),
            "order_approved_at": lines["day"].dt.strftime("%Y-%m-%d 15:50:00"),
            "order_item_id": lines.groupby("order").cumcount() + 1,
            "price": lines["amount"],
            "freight_value": 8.72,
            "customer_unique_id": lines["customer"],
            "product_category_name": lines["category"],
            "payment_value": lines["total"],
        }
    )
    sold = keep_sold(orders)
    return expect(frame, sold, sold["subtotal"])


def export_online_retail(names: dict[str, str]) -> Callable[[pd.DataFrame, pd.DataFrame], Export]:
    def export(orders: pd.DataFrame, items: pd.DataFrame) -> Export:
        lines = join_items(orders[orders["status"] != "cancelled"], items)
        back = lines[lines["status"] == "refunded"]
        rows = pd.concat([lines.assign(sign=1), back.assign(sign=-1)], ignore_index=True)
        frame = pd.DataFrame(
            {
                "InvoiceNo": np.where(rows["sign"] < 0, "C", "") + rows["order"].astype(str),
                "StockCode": "S1",
                "Description": rows["category"],
                "Quantity": rows["quantity"] * rows["sign"],
                "InvoiceDate": rows["day"].dt.strftime("%Y-%m-%d 08:26:00"),
                "UnitPrice": rows["price"],
                "CustomerID": rows["customer"].str.extract(r"(\d+)")[0] + ".0",
                "Country": "United Kingdom",
            }
        )
        nobody = frame.iloc[:2].assign(CustomerID="")
        frame = pd.concat([frame, nobody]).rename(columns=names)
        return expect(frame, orders[orders["status"] != "cancelled"], rows["amount"] * rows["sign"])

    return export


def export_superstore(orders: pd.DataFrame, items: pd.DataFrame) -> Export:
    lines = join_items(orders, items)
    frame = pd.DataFrame(
        {
            "Row ID": np.arange(len(lines)) + 1,
            "Order ID": "CA-2025-" + lines["order"].astype(str),
            "Order Date": lines["day"].dt.strftime("%Y-%m-%d"),
            "Ship Date": (lines["day"] + pd.Timedelta(days=3)).dt.strftime("%Y-%m-%d"),
            "Ship Mode": "Second Class",
            "Customer ID": lines["customer"].str.partition("@")[0],
            "Category": lines["category"],
            "Sub-Category": "Sub",
            "Sales": lines["amount"],
            "Quantity": lines["quantity"],
            "Discount": np.where(lines["order"] % 4 == 0, 0.2, 0.0),
            "Profit": 1.0,
        }
    )
    return expect(frame, orders, orders["subtotal"])


def export_complete_journey(orders: pd.DataFrame, items: pd.DataFrame) -> Export:
    lines = join_items(orders, items)
    frame = pd.DataFrame(
        {
            "household_id": lines["customer"].str.extract(r"(\d+)")[0],
            "store_id": 330,
            "basket_id": lines["order"] + 31198400000,
            "product_id": 1,
            "quantity": lines["quantity"],
            "sales_value": (lines["amount"] - lines["discount"]).round(2),
            "retail_disc": lines["discount"],
            "coupon_disc": 0.0,
            "coupon_match_disc": 0.0,
            "week": 1,
            "transaction_timestamp": lines["day"].dt.strftime("%Y-%m-%d 11:30:27"),
        }
    )
    return expect(frame, orders, orders["subtotal"] - orders["discount"])


def export_dunnhumby(orders: pd.DataFrame, items: pd.DataFrame) -> Export:
    lines = join_items(orders, items)
    frame = pd.DataFrame(
        {
            "household_key": lines["customer"].str.extract(r"(\d+)")[0],
            "BASKET_ID": lines["order"] + 26984800000,
            "DAY": (lines["day"] - pd.Timestamp("2024-12-31")).dt.days,
            "PRODUCT_ID": 1,
            "QUANTITY": lines["quantity"],
            "SALES_VALUE": (lines["amount"] - lines["discount"]).round(2),
            "STORE_ID": 364,
            "RETAIL_DISC": -lines["discount"],
            "TRANS_TIME": 1631,
            "WEEK_NO": 1,
            "COUPON_DISC": 0.0,
            "COUPON_MATCH_DISC": 0.0,
            "transaction_date": lines["day"].dt.strftime("%Y-%m-%d"),
        }
    )
    return expect(frame, orders, orders["subtotal"] - orders["discount"])


MARKETPLACE_EXPORTS: dict[str, Callable[[pd.DataFrame, pd.DataFrame], Export]] = {
    "amazon_all_orders": export_amazon,
    "amazon_order_report": export_amazon_order_report,
    "ebay_orders": export_ebay,
    "etsy_order_items": export_etsy_items,
    "etsy_orders": export_etsy_orders,
    "olist_orders": export_olist,
    "superstore": export_superstore,
    "complete_journey": export_complete_journey,
    "dunnhumby_transactions": export_dunnhumby,
    "online_retail": export_online_retail({}),
    "online_retail_ii": export_online_retail(
        {"InvoiceNo": "Invoice", "UnitPrice": "Price", "CustomerID": "Customer ID"}
    ),
}
"""Layout id -> its export of a shop."""
