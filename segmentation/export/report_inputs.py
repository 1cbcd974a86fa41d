"""The report of a run, saved or not: its own record, with the words that explain it, in the reader's number format."""

from __future__ import annotations

from segmentation.clustering.k_selection import recommend_k
from segmentation.export.report_html import ReportTexts, render_report
from segmentation.features.registry import REGISTRY
from segmentation.runs.load import translate_damage
from segmentation.runs.save import RunRecord, SavedRun
from segmentation.sales.standardize import REJECT_REASONS
from segmentation.segments.labeling import localize_labels
from segmentation.settings import RECOMMENDED_K_RANGE


def build_report(run: RunRecord | SavedRun) -> bytes:
    """The report as one HTML file. A saved run needs nothing but its manifest."""
    from segmentation.charts.palette import SEGMENTS  # brings the library of charts along

    with translate_damage(run):
        advice = (
            run.advice or recommend_k(run.scores, int(run.segments["customers"].sum()), RECOMMENDED_K_RANGE).to_dict()
        )
        words = ReportTexts(
            sentence=advice["sentence"],
            reasons=tuple(advice["reasons"]),
            features={name: (feature.label, feature.unit, feature.meaning) for name, feature in REGISTRY.items()},
            set_aside=REJECT_REASONS,
            colors={theme: SEGMENTS[theme] for theme in ("light", "dark")},
        )
        return render_report(run, localize_labels(run.segments), words).encode()
