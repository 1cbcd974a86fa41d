"""A run as one HTML file that can be sent: it needs no script, no network and no program but a browser.

Everything in it comes from the run's own record or manifest. Numbers are in the reader's format; text is escaped.
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

from segmentation.export.report_svg import draw_bar, draw_line
from segmentation.presentation import formatting, number_format
from segmentation.runs.load import SavedRun
from segmentation.runs.manifest import RunRecord, to_json_value

ACTIONS = {"goal": "Goal", "offer": "Offer", "channel": "Channel", "avoid": "Avoid"}
ALWAYS = ("recency_days", "frequency", "monetary", "avg_order_value")
"""Figures of a segment that are told whatever it was made from."""
SCORES = {
    "k": ("Segments", 0),
    "inertia": ("Spread within", 1),
    "silhouette_score": ("Silhouette", 3),
    "calinski_harabasz_score": ("Calinski-Harabasz", 0),
    "davies_bouldin_score": ("Davies-Bouldin", 3),
    "smallest_segment": ("Smallest segment", 0),
}
MEANINGS = (
    ("Spread within (inertia)", "how much customers differ within their segments, all added up; lower is better."),
    ("Silhouette", "how clearly segments stand apart, from -1 to 1; higher is better."),
    ("Calinski-Harabasz", "spread between segments against spread within them; higher is better."),
    ("Davies-Bouldin", "how alike each segment is to the one most like it; lower is better."),
    ("Median", "the customer in the middle: half have less, half have more."),
)


@dataclass(frozen=True)
class ReportTexts:
    """What a report says that the run itself does not hold."""

    sentence: str
    """The advice on the number of segments."""
    reasons: tuple[str, ...]
    features: Mapping[str, tuple[str, str, str]]
    """name -> label, unit, meaning."""
    set_aside: Mapping[str, str]
    """Reason -> its label."""
    colors: Mapping[str, Sequence[str]]
    """light and dark -> the colors of segments, by their index."""


def render_report(run: RunRecord | SavedRun, segments: pd.DataFrame, texts: ReportTexts) -> str:
    """The report of a run as HTML.

    segments: those of the run, with their texts in the reader's format.
    """
    rows = [{str(name): value for name, value in row.items()} for row in segments.to_dict("records")]
    title = f"Customer segments of {run.source_name}"
    parts = [
        f"<header><h1>{escape(title)}</h1><p>{_period(run.window)}</p><p class='quiet'>{_made(run)}</p></header>",
        _finding(rows),
        _advice(run, texts),
        "<section><h2>The segments</h2>"
        + "".join(_segment(row, texts, {*run.features, *ALWAYS}) for row in rows)
        + "</section>",
        _scores(run),
        _data(run, texts),
        _origin(run, texts),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{_style(texts.colors)}</style></head>"
        f"<body><main>{''.join(parts)}</main></body></html>\n"
    )


def _style(colors: Mapping[str, Sequence[str]]) -> str:
    """The style sheet, with a class c<index> for the color of each segment."""
    light, dark = (
        "".join(f".c{index}{{background:{color}}}" for index, color in enumerate(colors[theme]))
        for theme in ("light", "dark")
    )
    sheet = Path(__file__).with_name("report.css").read_text("utf-8")
    return f"{sheet}{light}@media screen and (prefers-color-scheme:dark){{{dark}}}"


def _finding(rows: list[dict[str, Any]]) -> str:
    known = [row for row in rows if isfinite(_number(row, "share_of_customers") + _number(row, "share_of_sales"))]
    bars = "".join(
        f"<h3>{escape(str(row['segment_name']))}</h3>"
        + draw_bar(_number(row, "share_of_customers"), "of customers", "quietbar")
        + draw_bar(_number(row, "share_of_sales"), "of sales", f"c{int(row['color'])}")
        for row in known
    )
    if not known:
        return ""
    best = max(known, key=lambda row: _number(row, "share_of_sales"))
    return (
        f"<section><p class='finding'>{escape(str(best['segment_name']))} are "
        f"{formatting.format_percent(_number(best, 'share_of_customers'))} of customers and bring "
        f"{formatting.format_percent(_number(best, 'share_of_sales'))} of sales.</p><h2>Size against money</h2>{bars}</section>"
    )


def _advice(run: RunRecord | SavedRun, words: ReportTexts) -> str:
    reasons = "".join(f"<li>{escape(number_format.localize_numbers(reason))}</li>" for reason in words.reasons)
    return (
        f"<section><h2>How many segments</h2><p>{escape(number_format.localize_numbers(words.sentence))}</p><ul>{reasons}</ul>"
        f"<p>This report is of <b>{len(run.centers)} segments</b>.</p></section>"
    )


def _segment(row: dict[str, Any], words: ReportTexts, shown: set[str]) -> str:
    facts = [
        ("Customers", formatting.format_decimal(_number(row, "customers"), 0)),
        ("Of customers", formatting.format_percent(_number(row, "share_of_customers"))),
        ("Net sales", _amount(_number(row, "net_sales"))),
        ("Of sales", formatting.format_percent(_number(row, "share_of_sales"))),
    ]
    facts += [
        (f"{label} (median)", formatting.format_value(_number(row, f"median_{name}"), unit))
        for name, (label, unit, _) in words.features.items()
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


def _scores(run: RunRecord | SavedRun) -> str:
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
    for name, title, places in (("inertia", "Elbow: spread within", 0), ("silhouette_score", "Silhouette", 2)):
        points = [(int(row["k"]), float(row[name])) for row in table.to_dict("records")]
        here = next((value for number, value in points if number == k), float("nan"))
        words = f"{title} for each number of segments; with {k} it is {formatting.format_decimal(here, places)}."
        drawings += f"<figure><figcaption>{title}</figcaption>{draw_line(points, k, places, words)}</figure>"
    sample = run.silhouette_sample
    note = (
        f"<p class='quiet'>Silhouettes are estimated from {formatting.format_count(sample)} customers.</p>"
        if sample
        else ""
    )
    meanings = "".join(f"<p class='quiet'><b>{name}</b>: {meaning}</p>" for name, meaning in MEANINGS)
    heads = [SCORES[name][0] for name in columns]
    return f"<section><h2>All scores</h2>{drawings}{_table('Scores', heads, body)}{note}{meanings}</section>"


def _data(run: RunRecord | SavedRun, words: ReportTexts) -> str:
    lines = to_json_value(run.lines)
    body = [["Lines read", formatting.format_count(lines["lines_in"]), ""]]
    for row in lines["set_aside"]:
        label = words.set_aside.get(row["reason"], str(row["reason"]))
        body.append(
            [f"Set aside: {label.lower()}", formatting.format_count(row["lines"]), _amount(float(row["money"] or 0))]
        )
    body.append(["Lines used", formatting.format_count(lines["lines_used"]), ""])
    return (
        f"<section><h2>The data behind this</h2><p>{_period(run.window)}</p>"
        f"{_table('What became of every line', ['Line', 'Lines', 'Net sales'], body)}</section>"
    )


def _origin(run: RunRecord | SavedRun, words: ReportTexts) -> str:
    sales, model = run.settings.sales, run.settings.model
    labels = [words.features[name][0] if name in words.features else name for name in run.features]
    rows = [
        ("Run", run.run_id),
        ("Source", run.source_name),
        ("Compared by", ", ".join(labels)),
        ("Scaling", model.scaling),
        ("Seed of chance", str(model.seed)),
        ("First day", sales.start.isoformat() if sales.start else "of the data"),
        ("As-of date", str(run.window.get("as_of"))),
        (
            "Left out",
            "; ".join([f"{first} to {last}" for first, last in sales.excluded_periods] + [*sales.excluded_categories]),
        ),
        ("Weights", ", ".join(f"{name} {weight:g}" for name, weight in model.weights)),
        ("Exact duplicates", "counted once" if sales.drop_duplicates else "counted each"),
        ("Versions", "; ".join(f"{name} {version}" for name, version in run.versions.items())),
    ]
    meanings = "".join(
        f"<p class='quiet'><b>{escape(words.features[name][0])}</b>: {escape(words.features[name][2])}</p>"
        for name in run.features
        if name in words.features
    )
    table = _table("Settings", ["", ""], [list(row) for row in rows if row[1]], "wide prose")
    return f"<section><h2>Settings and versions</h2>{table}{meanings}</section>"


def _table(name: str, heads: list[str], rows: list[list[str]], kind: str = "wide") -> str:
    head = "".join(f"<th scope='col'>{escape(title)}</th>" for title in heads) if any(heads) else ""
    body = "".join(
        f"<tr><th scope='row'>{escape(row[0])}</th>{''.join(f'<td>{escape(cell)}</td>' for cell in row[1:])}</tr>"
        for row in rows
    )
    head = f"<thead><tr>{head}</tr></thead>" if head else ""
    table = f"<table>{head}<tbody>{body}</tbody></table>"
    return f"<div class='{kind}' role='region' tabindex='0' aria-label='{escape(name)}'>{table}</div>"


def _period(window: Mapping[str, str | None]) -> str:
    first, last, as_of = (_day(window.get(name)) for name in ("first_sale", "last_sale", "as_of"))
    return f"Sales from {first} to {last}; days since the last order are counted up to {as_of} (the as-of date)."


def _day(text: str | None) -> str:
    if not text:
        return "an unknown day"
    day = date.fromisoformat(text)
    return f"{day.day} {day:%B %Y}"


def _made(run: RunRecord | SavedRun) -> str:
    made = run.created if isinstance(run.created, datetime) else datetime.fromisoformat(run.created)
    return f"Run {escape(run.run_id)}, made on {_day(made.date().isoformat())}."


def _number(row: Mapping[str, Any], name: str) -> float:
    value = row.get(name)
    return float("nan") if value is None else float(value)


def _amount(value: float) -> str:
    return formatting.format_amount(value) if isfinite(value) else "–"
