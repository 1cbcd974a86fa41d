"""Prints the results of `compare` and `retrain`."""

from __future__ import annotations

from collections.abc import Callable

from segmentation.analysis.model_comparison import ModelComparison
from segmentation.analysis.retrain import RetrainResult
from segmentation.cli.console import format_share, print_dropped_overrides, print_line, print_table
from segmentation.runs.load import SavedRun

SCORE_LABELS = {
    "silhouette_score": "Silhouette",
    "common_silhouette": "Silhouette (common space)",
    "calinski_harabasz_score": "Calinski-Harabasz",
    "davies_bouldin_score": "Davies-Bouldin",
    "smallest_share": "Smallest segment, share of customers",
}


def print_model_comparison(comparison: ModelComparison, before: SavedRun, now: SavedRun) -> None:
    """Print where the customers of each segment of the first run are in the second, and the scores of both."""
    flows = comparison.flows
    print_line(
        f"{flows['customers'].sum():,} customers with {flows['net_sales'].sum():,.2f} net sales in "
        f"{comparison.window_days:,} days, assigned by {before.run_id} and by {now.run_id}."
    )
    rows = [
        (
            f"{row['segment_before']} {row['name_before']}",
            f"{row['segment_now']} {row['name_now']}",
            f"{row['customers']:,}",
            f"{row['net_sales']:,.2f}",
            "yes" if row["is_matched"] else "",
        )
        for row in flows.to_dict("records")
    ]
    print_table("Customers by segment", ("From", "To", "Customers", "Net sales", "Matched"), rows)
    print_line(
        f"{format_share(comparison.share_of_customers)} of customers and {format_share(comparison.share_of_sales)} of "
        f"net sales stay with their matched segment; adjusted Rand index {comparison.adjusted_rand:.3f}."
    )
    names = [run.segment_names for run in (before, now)]
    for (own, others), parts, verb in zip(
        (names, names[::-1]), (comparison.splits, comparison.merges), ("splits into", "merges"), strict=True
    ):
        for segment, ids in parts.items():
            print_line(f"{segment} {own[segment]} {verb} {', '.join(f'{i} {others[i]}' for i in ids)}.")
    scores = comparison.scores
    formats: dict[str, Callable[[float], str]] = {
        "calinski_harabasz_score": "{:,.1f}".format,
        "smallest_share": format_share,
    }
    print_table(
        "Scores on these sales",
        ("Score", f"{before.k} segments", f"{now.k} segments"),
        [(label, *map(formats.get(name, "{:.3f}".format), scores[name])) for name, label in SCORE_LABELS.items()],
    )
    print_line("Silhouettes of different features or scalings are comparable in the common space only.")


def print_retrain_result(result: RetrainResult, target: str | None) -> None:
    """Print what became of a retrain, and why."""
    if result.status == "unchanged":
        print_line(f"Unchanged data: run {result.run_id} stays current; nothing was written.")
        return
    if result.model_share is not None:
        print_line(f"{format_share(result.model_share)} of customers change segment because of the model alone.")
    for reason in result.reasons:
        print_line(f"  {reason}")
    if result.dropped:
        print_dropped_overrides(result.dropped)
    if result.status == "held":
        print_line(f"Held for review: run {result.run_id} is saved but not current. --force accepts it.")
    else:
        published = "" if target is None else " and published"
        print_line(f"Run {result.run_id} is current{published}.")
