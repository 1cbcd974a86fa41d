"""The report of a run, saved or not: its own record, with the words that explain it, in the reader's number format."""

from __future__ import annotations

from dataclasses import asdict

from segmentation.clustering.k_selection import advise
from segmentation.features.registry import REGISTRY
from segmentation.export.report_html import Words, report
from segmentation.runs.save import RunRecord, SavedRun
from segmentation.runs.load import translate_damage
from segmentation.sales.standardize import REASONS
from segmentation.segments.labeling import retold
from segmentation.settings import ADVISED_K


def html(run: RunRecord | SavedRun) -> bytes:
    """The report as one HTML file. A saved run needs nothing but its manifest."""
    from segmentation.charts.palette import SEGMENTS  # brings the library of charts along

    with translate_damage(run):
        advice = run.advice or asdict(advise(run.scores, int(run.segments["customers"].sum()), ADVISED_K))
        words = Words(
            sentence=advice["sentence"],
            reasons=tuple(advice["reasons"]),
            features={name: (feature.label, feature.unit, feature.meaning) for name, feature in REGISTRY.items()},
            set_aside=REASONS,
            colors={theme: SEGMENTS[theme] for theme in ("light", "dark")},
        )
        return report(run, retold(run.segments), words).encode()
