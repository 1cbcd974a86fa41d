"""The data of the charts as small tables of formatted text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from segmentation.presentation import formatting
from segmentation.presentation.markdown import escape_markdown

if TYPE_CHECKING:
    from segmentation.features.registry import Feature
    from segmentation.results import CustomerTable, Segmentation, SweepResult

SCORES = {
    "Inertia": "within-cluster sum of squares: how much customers differ within their segments; lower is better.",
    "Silhouette": "how well separated segments are, from -1 to 1; higher is better. "
    "If estimated from a sample, the range is the 95 % confidence interval.",
    "Smallest segment": "customers in the smallest segment; very few are hard to plan a campaign for.",
    "Calinski-Harabasz": "ratio of the variance between segments to the variance within them; higher is better.",
    "Davies-Bouldin": "mean similarity of each segment to its most similar one; lower is better.",
    "Distances": "mean distance to centroid / mean distance between centroids; "
    "the first should be much smaller than the second.",
}


def build_score_table(training: SweepResult, selected_k: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row per k, with the selected k marked; split into two tables that fit on a phone."""
    table = training.scores
    ks = [f"**{k} in use**" if k == selected_k else str(k) for k in table["k"]]
    silhouettes = [formatting.format_decimal(x, 3) for x in table["silhouette_score"]]
    if training.silhouette_sample:
        ends = zip(silhouettes, table["silhouette_low"], table["silhouette_high"], strict=True)
        silhouettes = [
            f"{text} ({formatting.format_decimal(low, 3)} to {formatting.format_decimal(high, 3)})"
            for text, low, high in ends
        ]
    main = {
        "Segments": ks,
        "Inertia": [formatting.format_decimal(x, 1) for x in table["inertia"]],
        "Silhouette": silhouettes,
        "Smallest segment": [formatting.format_count(x) for x in table["smallest_segment"]],
    }
    others = {
        "Segments": ks,
        "Calinski-Harabasz": [formatting.format_decimal(x, 0) for x in table["calinski_harabasz_score"]],
        "Davies-Bouldin": [formatting.format_decimal(x, 3) for x in table["davies_bouldin_score"]],
        "Distances": [
            f"{formatting.format_decimal(within)}/{formatting.format_decimal(between)}"
            for within, between in zip(table["mean_distance_within"], table["mean_distance_between"], strict=True)
        ],
    }
    return pd.DataFrame(main), pd.DataFrame(others)


def build_silhouette_table(segmentation: Segmentation) -> pd.DataFrame:
    """One row per segment: customers and silhouette, with its 95 % interval if estimated."""
    return pd.DataFrame(
        {
            "Segment": _get_names(segmentation),
            "Customers": segmentation.segments["customers"].map(formatting.format_count),
            "Silhouette": [
                formatting.format_decimal(row["silhouette"], 3)
                + (
                    f" ± {formatting.format_decimal(row['silhouette_half_width'], 3)}"
                    if row.get("silhouette_half_width", 0) > 0
                    else ""
                )
                for row in segmentation.segments.to_dict("records")
            ],
        }
    )


def build_size_table(segmentation: Segmentation) -> pd.DataFrame:
    """One row per segment, and all together: customers and net sales with their shares."""
    table = segmentation.segments
    rows = pd.DataFrame(
        {
            "Segment": _get_names(segmentation),
            "Customers": table["customers"].map(formatting.format_count),
            "Of customers": table["share_of_customers"].map(formatting.format_percent),
            "Net sales": table["net_sales"].map(formatting.format_amount),
            "Of sales": table["share_of_sales"].map(formatting.format_percent),
        }
    )
    total = [
        "All segments",
        formatting.format_count(table["customers"].sum()),
        formatting.format_percent(1.0),
        formatting.format_amount(table["net_sales"].sum()),
        formatting.format_percent(1.0),
    ]
    return pd.concat([rows, pd.DataFrame([total], columns=rows.columns)], ignore_index=True)


def build_feature_table(segmentation: Segmentation, features: dict[str, Feature], kind: str) -> pd.DataFrame:
    """One row per segment: the median or mean (kind) of each feature in its own unit, or its index."""
    table = pd.DataFrame({"Segment": _get_names(segmentation)})
    for name, feature in features.items():
        column = segmentation.segments[f"{kind}_{name}"]
        table[feature.label] = [
            formatting.format_decimal(x, 0) if kind == "index" else formatting.format_value(x, feature.unit)
            for x in column.astype(float)
        ]
    return table


def build_quantile_table(segmentation: Segmentation, quantiles: pd.DataFrame, feature: Feature) -> pd.DataFrame:
    """One row per segment: five quantiles of one feature."""
    table = pd.DataFrame({"Segment": _get_names(segmentation)})
    titles = {
        "q05": "5th percentile",
        "q25": "25th percentile",
        "q50": "Median",
        "q75": "75th percentile",
        "q95": "95th percentile",
    }
    for column, title in titles.items():
        table[title] = [formatting.format_value(float(x), feature.unit) for x in quantiles[column]]
    return table


def build_reconciliation_table(customers: CustomerTable) -> pd.DataFrame:
    """Rows read = rows used + rows excluded by reason, each with its net sales."""
    balance = customers.reconciliation
    rows = [("Rows read", balance.lines_read, balance.money_read)]
    reasons = zip(*(balance.rejected[column] for column in ("label", "lines", "money")), strict=True)
    rows += [(f"Excluded: {label.lower()}", lines, money) for label, lines, money in reasons]
    rows += [("Rows used", balance.lines_accepted, balance.money_accepted)]
    return pd.DataFrame(
        {
            "Sales data": [escape_markdown(label) for label, _, _ in rows],
            "Rows": [formatting.format_count(lines) for _, lines, _ in rows],
            "Net sales": ["unknown" if money.is_nan() else formatting.format_amount(money) for _, _, money in rows],
        }
    )


def _get_names(segmentation: Segmentation) -> list[str]:
    """Segment names, escaped for a table, whose cells are Markdown."""
    return [escape_markdown(str(name)) for name in segmentation.segments["segment_name"]]
