"""A run as a single-file HTML report without scripts or network access.

The content comes from the run record or manifest. Numbers are in the reader's format; text is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from math import isfinite
from pathlib import Path
from typing import Any

import pandas as pd

from segmentation.clustering.k_selection import recommend_k
from segmentation.export.report_svg import draw_bar, draw_line
from segmentation.features.registry import REGISTRY
from segmentation.presentation import formatting, number_format
from segmentation.runs.load import SavedRun, translate_damage
from segmentation.runs.manifest import RunRecord, to_json_value
from segmentation.sales.standardize import REJECT_REASONS
from segmentation.segments.labeling import localize_labels
from segmentation.settings import RECOMMENDED_K_RANGE

ACTIONS = {"goal": "Goal", "offer": "Offer", "channel": "Channel", "avoid": "Avoid"}
CORE_FEATURES = ("recency_days", "frequency", "monetary", "avg_order_value")
"""Shown for every segment, whether clustered on or not."""
SCORES = {
    "k": ("Segments", 0),
    "inertia": ("Inertia", 1),
    "silhouette_score": ("Silhouette", 3),
    "calinski_harabasz_score": ("Calinski-Harabasz", 0),
    "davies_bouldin_score": ("Davies-Bouldin", 3),
    "smallest_segment": ("Smallest segment", 0),
}
MEANINGS = (
    ("Inertia", "sum of squared distances of customers to the center of their segment; lower is better."),
    ("Silhouette", "how well segments are separated, from -1 to 1; higher is better."),
    ("Calinski-Harabasz", "variance between segments relative to variance within them; higher is better."),
    ("Davies-Bouldin", "similarity of each segment to its most similar one; lower is better."),
    ("Median", "half of the customers are below it, half above."),
)


@dataclass(frozen=True)
class ReportTexts:
    """Texts of a report that the run does not hold."""

    sentence: str
    """The recommended number of segments."""
    reasons: tuple[str, ...]
    features: Mapping[str, tuple[str, str, str]]
    """name -> label, unit, meaning."""
    set_aside: Mapping[str, str]
    """Reject reason -> label."""
    colors: Mapping[str, Sequence[str]]
    """Theme (light, dark) -> segment colors by index."""


def build_report(run: RunRecord | SavedRun) -> bytes:
    """The report of a run as one HTML file, in the number format of the context. A saved run needs its manifest only.

    Raises:
        RunError: the manifest is damaged.
    """
    from segmentation.charts.palette import SEGMENTS  # imported late: it loads Plotly

    with translate_damage(run):
        recommendation = (
            run.advice or recommend_k(run.scores, int(run.segments["customers"].sum()), RECOMMENDED_K_RANGE).to_dict()
        )
        texts = ReportTexts(
            sentence=recommendation["sentence"],
            reasons=tuple(recommendation["reasons"]),
            features={name: (feature.label, feature.unit, feature.meaning) for name, feature in REGISTRY.items()},
            set_aside=REJECT_REASONS,
            colors={theme: SEGMENTS[theme] for theme in ("light", "dark")},
        )
        return render_report(run, localize_labels(run.segments), texts).encode()


def render_report(run: RunRecord | SavedRun, segments: pd.DataFrame, texts: ReportTexts) -> str:
    """The report of a run as HTML.

    segments: those of the run, with texts in the reader's number format.
    """
    rows = [{str(name): value for name, value in row.items()} for row in segments.to_dict("records")]
    title = f"Customer segments of {run.source_name}"
    parts = [
        _render_header(title, run),
        _render_headline(rows),
        _render_recommendation(run, texts),
        "<section><h2>The segments</h2>"
        + "".join(_render_segment(row, texts, {*run.features, *CORE_FEATURES}) for row in rows)
        + "</section>",
        _render_scores(run),
        _render_data(run, texts),
        _render_provenance(run, texts),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{_render_style(texts.colors)}</style></head>"
        f"<body><main>{''.join(parts)}</main></body></html>\n"
    )


def _render_header(title: str, run: RunRecord | SavedRun) -> str:
    period, created = _describe_period(run.window), _describe_run(run)
    return f"<header><h1>{escape(title)}</h1><p>{period}</p><p class='quiet'>{created}</p></header>"


def _render_style(colors: Mapping[str, Sequence[str]]) -> str:
    """The style sheet, with a class c<index> per segment color."""
    light, dark = (
        "".join(f".c{index}{{background:{color}}}" for index, color in enumerate(colors[theme]))
        for theme in ("light", "dark")
    )
    sheet = Path(__file__).with_name("report.css").read_text("utf-8")
    return f"{sheet}{light}@media screen and (prefers-color-scheme:dark){{{dark}}}"


def _render_headline(rows: list[dict[str, Any]]) -> str:
    known = [
        row for row in rows if isfinite(_get_number(row, "share_of_customers") + _get_number(row, "share_of_sales"))
    ]
    bars = "".join(
        f"<h3>{escape(str(row['segment_name']))}</h3>"
        + draw_bar(_get_number(row, "share_of_customers"), "of customers", "quietbar")
        + draw_bar(_get_number(row, "share_of_sales"), "of sales", f"c{int(row['color'])}")
        for row in known
    )
    if not known:
        return ""
    best = max(known, key=lambda row: _get_number(row, "share_of_sales"))
    return (
        f"<section><p class='finding'>{escape(str(best['segment_name']))} are "
        f"{formatting.format_percent(_get_number(best, 'share_of_customers'))} of customers and generate "
        f"{formatting.format_percent(_get_number(best, 'share_of_sales'))} of sales.</p>"
        f"<h2>Share of customers and of sales</h2>{bars}</section>"
    )


def _render_recommendation(run: RunRecord | SavedRun, texts: ReportTexts) -> str:
    reasons = "".join(f"<li>{escape(number_format.localize_numbers(reason))}</li>" for reason in texts.reasons)
    summary = escape(number_format.localize_numbers(texts.sentence))
    return (
        f"<section><h2>Number of segments</h2><p>{summary}</p><ul>{reasons}</ul>"
        f"<p>This report shows <b>{len(run.centers)} segments</b>.</p></section>"
    )


def _render_segment(row: dict[str, Any], texts: ReportTexts, shown: set[str]) -> str:
    facts = [
        ("Customers", formatting.format_decimal(_get_number(row, "customers"), 0)),
        ("Of customers", formatting.format_percent(_get_number(row, "share_of_customers"))),
        ("Net sales", _format_amount(_get_number(row, "net_sales"))),
        ("Of sales", formatting.format_percent(_get_number(row, "share_of_sales"))),
    ]
    facts += [
        (f"{label} (median)", formatting.format_value(_get_number(row, f"median_{name}"), unit))
        for name, (label, unit, _) in texts.features.items()
        if f"median_{name}" in row and name in shown
    ]
    figures = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts)
    actions = "".join(
        f"<p><b>{label}:</b> {escape(str(row[name]))}</p>" for name, label in ACTIONS.items() if row.get(name)
    )
    reason = f"<p class='quiet'>Why this name: {escape(str(row['reason']))}</p>" if row.get("reason") else ""
    return (
        f"<article><div class='stripe c{int(row['color'])}'></div>"
        f"<h3>{int(row['segment_id'])} {escape(str(row['segment_name']))}</h3>"
        f"<p>{escape(str(row.get('sentence') or ''))}</p><dl>{figures}</dl>{actions}{reason}</article>"
    )


def _render_scores(run: RunRecord | SavedRun) -> str:
    k, table = len(run.centers), run.scores
    columns = [name for name in SCORES if name in table]
    body = [
        [
            formatting.format_decimal(float(row[name]), SCORES[name][1])
            + (" (in use)" if name == "k" and row["k"] == k else "")
            for name in columns
        ]
        for row in table.to_dict("records")
    ]
    drawings = ""
    for name, title, places in (("inertia", "Elbow: inertia", 0), ("silhouette_score", "Silhouette", 2)):
        points = [(int(row["k"]), float(row[name])) for row in table.to_dict("records")]
        selected = next((value for number, value in points if number == k), float("nan"))
        alt_text = f"{title} for each number of segments; with {k} it is {formatting.format_decimal(selected, places)}."
        drawings += f"<figure><figcaption>{title}</figcaption>{draw_line(points, k, places, alt_text)}</figure>"
    sample = run.silhouette_sample
    note = (
        f"<p class='quiet'>Silhouettes are estimated from {formatting.format_count(sample)} customers.</p>"
        if sample
        else ""
    )
    meanings = "".join(f"<p class='quiet'><b>{name}</b>: {meaning}</p>" for name, meaning in MEANINGS)
    heads = [SCORES[name][0] for name in columns]
    return f"<section><h2>All scores</h2>{drawings}{_render_table('Scores', heads, body)}{note}{meanings}</section>"


def _render_data(run: RunRecord | SavedRun, texts: ReportTexts) -> str:
    lines = to_json_value(run.lines)
    body = [["Lines read", formatting.format_count(lines["lines_in"]), ""]]
    for row in lines["set_aside"]:
        label = texts.set_aside.get(row["reason"], str(row["reason"]))
        body.append(
            [
                f"Rejected: {label.lower()}",
                formatting.format_count(row["lines"]),
                "unknown" if row["money"] is None else _format_amount(float(row["money"])),
            ]
        )
    body.append(["Lines used", formatting.format_count(lines["lines_used"]), ""])
    return (
        f"<section><h2>Data</h2><p>{_describe_period(run.window)}</p>"
        f"{_render_table('Reconciliation of sales lines', ['Line', 'Lines', 'Net sales'], body)}</section>"
    )


def _render_provenance(run: RunRecord | SavedRun, texts: ReportTexts) -> str:
    sales, model = run.settings.sales, run.settings.model
    labels = [texts.features[name][0] if name in texts.features else name for name in run.features]
    rows = [
        ("Run", run.run_id),
        ("Source", run.source_name),
        ("Features", ", ".join(labels)),
        ("Scaling", model.scaling),
        ("Random seed", str(model.seed)),
        ("First day", sales.start.isoformat() if sales.start else "of the data"),
        ("As-of date", str(run.window.get("as_of"))),
        (
            "Excluded",
            "; ".join([f"{first} to {last}" for first, last in sales.excluded_periods] + [*sales.excluded_categories]),
        ),
        ("Weights", ", ".join(f"{name} {weight:g}" for name, weight in model.weights)),
        ("Exact duplicates", "counted once" if sales.drop_duplicates else "kept"),
        ("Versions", "; ".join(f"{name} {version}" for name, version in run.versions.items())),
    ]
    meanings = "".join(
        f"<p class='quiet'><b>{escape(texts.features[name][0])}</b>: {escape(texts.features[name][2])}</p>"
        for name in run.features
        if name in texts.features
    )
    table = _render_table("Settings", ["", ""], [list(row) for row in rows if row[1]], "wide prose")
    return f"<section><h2>Settings and versions</h2>{table}{meanings}</section>"


def _render_table(name: str, heads: list[str], rows: list[list[str]], kind: str = "wide") -> str:
    head = "".join(f"<th scope='col'>{escape(title)}</th>" for title in heads) if any(heads) else ""
    body = "".join(
        f"<tr><th scope='row'>{escape(row[0])}</th>{''.join(f'<td>{escape(cell)}</td>' for cell in row[1:])}</tr>"
        for row in rows
    )
    head = f"<thead><tr>{head}</tr></thead>" if head else ""
    table = f"<table>{head}<tbody>{body}</tbody></table>"
    return f"<div class='{kind}' role='region' tabindex='0' aria-label='{escape(name)}'>{table}</div>"


def _describe_period(window: Mapping[str, str | None]) -> str:
    first, last, as_of = (_format_day(window.get(name)) for name in ("first_sale", "last_sale", "as_of"))
    return f"Sales from {first} to {last}; days since the last order are counted up to {as_of} (the as-of date)."


def _format_day(text: str | None) -> str:
    if not text:
        return "an unknown day"
    day = date.fromisoformat(text)
    return f"{day.day} {day:%B %Y}"


def _describe_run(run: RunRecord | SavedRun) -> str:
    created = run.created if isinstance(run.created, datetime) else datetime.fromisoformat(run.created)
    return f"Run {escape(run.run_id)}, created on {_format_day(created.date().isoformat())}."


def _get_number(row: Mapping[str, Any], name: str) -> float:
    value = row.get(name)
    return float("nan") if value is None else float(value)


def _format_amount(value: float) -> str:
    return formatting.format_amount(value) if isfinite(value) else "–"
