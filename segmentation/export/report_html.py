"""A run as a single-file HTML report without scripts or network access.

The content comes from the run record or manifest. `templates/report.html.j2` has the structure and escapes all text;
the values are prepared here, with numbers in the reader's format.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from math import isfinite
from typing import Any

from segmentation.clustering.k_selection import KRecommendation
from segmentation.export.html_templates import load_template
from segmentation.export.report_chart import build_line_chart
from segmentation.features.registry import REGISTRY
from segmentation.presentation import formatting
from segmentation.presentation.messages import render_message
from segmentation.presentation.validation_tables import build_border_table, build_stability_table
from segmentation.runs.load import SavedRun, translate_incomplete_run_errors
from segmentation.runs.manifest import RunRecord, to_json_value
from segmentation.sales.standardize import REJECT_REASONS
from segmentation.segments.labeling import localize_labels

ACTIONS = {"goal": "Goal", "offer": "Offer", "channel": "Channel", "avoid": "Avoid"}
CORE_FEATURES = ("recency_days", "frequency", "monetary", "avg_order_value")
"""Shown for every segment, whether in the model or not."""
SCORES = {
    "k": ("Segments", 0),
    "inertia": ("Inertia", 1),
    "silhouette_score": ("Silhouette", 3),
    "calinski_harabasz_score": ("Calinski-Harabasz", 0),
    "davies_bouldin_score": ("Davies-Bouldin", 3),
    "smallest_segment": ("Smallest segment", 0),
}


def build_report(run: RunRecord | SavedRun) -> bytes:
    """The report of a run as one HTML file, in the number format of the context. A saved run needs its manifest only.

    Raises:
        RunError: the manifest is damaged.
    """
    from segmentation.charts.palette import SEGMENTS  # imported late: it loads Plotly

    with translate_incomplete_run_errors(run):
        rows = [
            {str(name): value for name, value in row.items()}
            for row in localize_labels(run.segments).to_dict("records")
        ]
        shown = {*run.features, *CORE_FEATURES}
        created = run.created if isinstance(run.created, datetime) else datetime.fromisoformat(run.created)
        values = {
            "title": f"Customer segments of {run.source_name}",
            "colors": SEGMENTS,
            "period": _describe_period(run.window),
            "run_id": run.run_id,
            "created": _format_day(created.date().isoformat()),
            "k": len(run.centers),
            "recommendation": _prepare_recommendation(run),
            "validation": _prepare_validation(run, rows),
            "segments": [_prepare_segment(row, shown) for row in rows],
            "line_rows": _prepare_lines(run),
            "setting_rows": _prepare_settings(run),
            "meanings": [(REGISTRY[name].label, REGISTRY[name].meaning) for name in run.features if name in REGISTRY],
            **_prepare_shares(rows),
            **_prepare_scores(run),
        }
    return load_template("report.html.j2").render(values).encode()


def _prepare_recommendation(run: RunRecord | SavedRun) -> dict[str, Any]:
    recommendation = run.recommendation or KRecommendation.from_early_run(len(run.centers)).to_dict()
    return {
        "sentence": render_message(recommendation["sentence"]),
        "reasons": [render_message(reason) for reason in recommendation["reasons"]],
    }


def _prepare_validation(run: RunRecord | SavedRun, rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The number of separate groups, and tables of borders and stability; None for a run of an early version."""
    findings = to_json_value(run.validation)
    if not findings:
        return None
    names = {int(row["segment_id"]): str(row["segment_name"]) for row in rows}
    tables = (
        ("Borders between neighboring segments", build_border_table(findings, names)),
        ("Stability in bootstrap resamples", build_stability_table(findings, names)),
    )
    return {
        "groups": findings["separate_groups"],
        "tables": [
            (title, list(table.columns), table.to_numpy().tolist()) for title, table in tables if not table.empty
        ],
    }


def _prepare_shares(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The shares of each segment that has them, and those of the segment with most sales."""
    known = [
        row for row in rows if isfinite(_get_number(row, "share_of_customers") + _get_number(row, "share_of_sales"))
    ]
    shares = [
        {
            "name": str(row["segment_name"]),
            "style": _get_style(row),
            "customers": _prepare_bar(row["share_of_customers"]),
            "sales": _prepare_bar(row["share_of_sales"]),
        }
        for row in known
    ]
    best = max(range(len(known)), key=lambda i: _get_number(known[i], "share_of_sales"), default=None)
    return {"shares": shares, "best": None if best is None else shares[best]}


def _prepare_bar(share: float) -> dict[str, str]:
    return {"width": f"{min(max(share, 0.0), 1.0) * 70:.2f}", "text": formatting.format_percent(share)}


def _prepare_segment(row: dict[str, Any], shown: set[str]) -> dict[str, Any]:
    figures = [
        ("Customers", formatting.format_decimal(_get_number(row, "customers"), 0)),
        ("Of customers", formatting.format_percent(_get_number(row, "share_of_customers"))),
        ("Net sales", formatting.format_amount(_get_number(row, "net_sales"))),
        ("Of sales", formatting.format_percent(_get_number(row, "share_of_sales"))),
    ]
    figures += [
        (f"{feature.label} (median)", formatting.format_value(_get_number(row, f"median_{name}"), feature.unit))
        for name, feature in REGISTRY.items()
        if f"median_{name}" in row and name in shown
    ]
    return {
        "id": int(row["segment_id"]),
        "name": str(row["segment_name"]),
        "style": _get_style(row),
        "sentence": row.get("sentence") or "",
        "figures": figures,
        "actions": [(label, row[name]) for name, label in ACTIONS.items() if row.get(name)],
        "reason": row.get("reason"),
    }


def _prepare_scores(run: RunRecord | SavedRun) -> dict[str, Any]:
    k, rows = len(run.centers), run.scores.to_dict("records")
    columns = [name for name in SCORES if name in run.scores]
    body = [
        [
            formatting.format_decimal(float(row[name]), SCORES[name][1])
            + (" (in use)" if name == "k" and row["k"] == k else "")
            for name in columns
        ]
        for row in rows
    ]
    figures = []
    for name, title, places in (("inertia", "Elbow: inertia", 0), ("silhouette_score", "Silhouette", 2)):
        values = [(int(row["k"]), float(row[name])) for row in rows]
        selected = formatting.format_decimal(dict(values).get(k, float("nan")), places)
        alt_text = f"{title} for each number of segments; with {k} it is {selected}."
        figures.append({"title": title, "alt_text": alt_text, "chart": build_line_chart(values, k, places)})
    return {
        "figures": figures,
        "score_heads": [SCORES[name][0] for name in columns],
        "score_rows": body,
        "sample": formatting.format_count(run.silhouette_sample) if run.silhouette_sample else "",
    }


def _prepare_lines(run: RunRecord | SavedRun) -> list[tuple[str, str, str]]:
    lines = to_json_value(run.lines)
    rejected = [
        (
            f"Rejected: {REJECT_REASONS.get(row['reason'], str(row['reason'])).lower()}",
            formatting.format_count(row["lines"]),
            "unknown" if row["money"] is None else formatting.format_amount(float(row["money"])),
        )
        for row in lines["set_aside"]
    ]
    return [
        ("Rows read", formatting.format_count(lines["lines_in"]), ""),
        *rejected,
        ("Rows used", formatting.format_count(lines["lines_used"]), ""),
    ]


def _prepare_settings(run: RunRecord | SavedRun) -> list[tuple[str, str]]:
    sales, model = run.settings.sales, run.settings.model
    excluded = [*(f"{first} to {last}" for first, last in sales.excluded_periods), *sales.excluded_categories]
    rows = [
        ("Run", run.run_id),
        ("Source", run.source_name),
        ("Features", ", ".join(REGISTRY[name].label if name in REGISTRY else name for name in run.features)),
        ("Scaling", model.scaling),
        ("Random seed", str(model.seed)),
        ("First day", sales.start.isoformat() if sales.start else "" if sales.window_days else "of the data"),
        ("Window", f"{sales.window_days:,} days before the as-of date" if sales.window_days else ""),
        ("As-of date", str(run.window.get("as_of"))),
        ("Excluded", "; ".join(excluded)),
        ("Weights", ", ".join(f"{name} {weight:g}" for name, weight in model.weights)),
        ("Exact duplicates", "counted once" if sales.drop_duplicates else "kept"),
        ("Versions", "; ".join(f"{name} {version}" for name, version in run.versions.items())),
    ]
    return [row for row in rows if row[1]]


def _describe_period(window: Mapping[str, str | None]) -> str:
    first, last, as_of = (_format_day(window.get(name)) for name in ("first_sale", "last_sale", "as_of"))
    return f"Sales from {first} to {last}; days since the last order are counted up to {as_of} (the as-of date)."


def _format_day(text: str | None) -> str:
    return formatting.format_date(date.fromisoformat(text)) if text else "an unknown day"


def _get_style(row: Mapping[str, Any]) -> str:
    """The class of a segment's color in the style sheet."""
    return f"c{int(row['color'])}"


def _get_number(row: Mapping[str, Any], name: str) -> float:
    value = row.get(name)
    return float("nan") if value is None else float(value)
