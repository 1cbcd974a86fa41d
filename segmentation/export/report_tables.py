"""Tables of the HTML report."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from segmentation.presentation.validation_tables import build_border_table, build_stability_table

FINDINGS = (
    ("Border", "a gap has few customers between two segments; along a gradual border customers are nearly alike."),
    ("Valley depth", "how much emptier it is in between than in the less dense of the two segments."),
    ("Jaccard", "overlap of a segment with its counterpart when customers are resampled; 1 is identical."),
    ("Dissolved", "share of resamples in which less than half of the segment reappeared."),
)


def render_table(name: str, heads: list[str], rows: list[list[str]], kind: str = "wide") -> str:
    """A table that scrolls sideways on a narrow screen; the first cell of each row is its header."""
    head = "".join(f"<th scope='col'>{escape(title)}</th>" for title in heads) if any(heads) else ""
    body = "".join(
        f"<tr><th scope='row'>{escape(row[0])}</th>{''.join(f'<td>{escape(cell)}</td>' for cell in row[1:])}</tr>"
        for row in rows
    )
    head = f"<thead><tr>{head}</tr></thead>" if head else ""
    table = f"<table>{head}<tbody>{body}</tbody></table>"
    return f"<div class='{kind}' role='region' tabindex='0' aria-label='{escape(name)}'>{table}</div>"


def render_validation(findings: Mapping[str, Any] | None, names: Mapping[int, str]) -> str:
    """Borders between segments and the stability of each; empty for runs of early versions, which saved no findings.

    Args:
        findings: as the manifest holds them; see `segmentation.clustering.validation.evidence.tabulate_validation`.
        names: segment_id -> name.
    """
    if not findings:
        return ""
    tables = (
        ("Borders between neighboring segments", build_border_table(findings, names)),
        ("Stability in bootstrap resamples", build_stability_table(findings, names)),
    )
    drawn = "".join(
        render_table(title, list(table.columns), table.to_numpy().tolist()) for title, table in tables if len(table)
    )
    groups = findings["separate_groups"]
    verdict = "One: customers form a continuum." if groups == 1 else f"{groups}."
    notes = "".join(f"<p class='quiet'><b>{name}</b>: {meaning}</p>" for name, meaning in FINDINGS)
    return f"<section><h2>Validation</h2><p>Separate groups: {verdict}</p>{drawn}{notes}</section>"
