"""The report of a run, saved or not: its own record, with the words that explain it, in the reader's number format."""

from __future__ import annotations

from dataclasses import asdict

from segmentation.clusters.advice import advise
from segmentation.customers.features import REGISTRY
from segmentation.delivery.report import Words, report
from segmentation.delivery.runs import RunRecord, SavedRun
from segmentation.delivery.saved import translate_damage
from segmentation.sales.lines import REASONS
from segmentation.segments.telling import retold
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
