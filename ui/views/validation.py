"""How sure we are: evidence gathered in the background, with progress and a way to stop it, told in words first."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from ui.data import results as cached, scoped_cache as kept, session_upload as uploads, visits
from ui.components import common as parts
from ui.server import warmup as start
from ui.state.app_state import AppState
from segmentation import charts
from segmentation.charts import numbers
from segmentation.settings import ModelSettings, SalesSettings

if TYPE_CHECKING:
    import pandas as pd

    from segmentation.clustering.k_selection import Advice
    from segmentation.clustering.validation.evidence import Evidence
    from segmentation.results import Segmentation, Training

Found = tuple["Evidence", "Advice"]
_ONE_AT_A_TIME = threading.BoundedSemaphore(1)
"""Evidence waits for evidence, so that it never takes more than its share from those who train."""


class Gathering(visits.VisitorWork):
    """Evidence being gathered in a thread of its own; visitors with the same settings share it."""

    def __init__(self, training: Training) -> None:
        self.progress = 0.0
        self.result: Found | None = None
        self.failed = False
        self._stop = threading.Event()
        super().__init__("evidence")
        threading.Thread(target=self._run, args=(training,), daemon=True).start()

    def stop(self) -> None:
        """End it soon."""
        self._stop.set()

    def cancel(self) -> None:
        """The same, when nobody is interested any more."""
        self._stop.set()

    def is_done(self) -> bool:
        """Whether it has ended, or is about to."""
        return not self.running

    @property
    def running(self) -> bool:
        """Whether it is still on its way."""
        return self.result is None and not self.failed and not self._stop.is_set()

    def _run(self, training: Training) -> None:
        from segmentation.analysis import explain as trust
        from segmentation.clustering.validation.bootstrap import Stopped

        try:
            with _ONE_AT_A_TIME:
                self.result = trust.gather_evidence(training, self._tell, self._stop.is_set)
        except Stopped:
            pass
        except Exception as error:  # the page says that it failed; the log says why
            if not threading.main_thread().is_alive() or (isinstance(error, RuntimeError) and "shutdown" in str(error)):
                return  # the server is being stopped: no more work can begin
            if uploads.private(training.table.settings):
                parts.log.error("The evidence could not be gathered: %s", uploads.told(error))
            else:
                parts.log.exception("The evidence could not be gathered")
            self.failed = True

    def _tell(self, share: float, doing: str) -> None:
        self.progress = min(max(share, 0.0), 1.0)


@kept.resource(max_entries=24, ttl="12h")
def _gathering(sales: SalesSettings, version: str, model: ModelSettings) -> Gathering:
    return Gathering(cached.trained(sales, version, model))


def gather(state: AppState) -> Found | None:
    """The evidence, or None while it is being gathered; then its progress is shown, and a way to stop."""
    if state.missing:
        st.caption("This is worked out from the figures of every customer, for which the sales are needed.")
        return None
    if state.opened is not None:
        st.caption("A saved run is open. Close it on the Saved runs page to have its settings checked anew.")
        return None
    work = _gathering(state.sales, state.version, state.model)
    if work.is_abandoned and work.result is None:
        _gathering.clear(state.sales, state.version, state.model)
        work = _gathering(state.sales, state.version, state.model)
    work.join()
    if work.result is not None:
        return work.result
    if work.running:
        _watch(work)
    else:
        said = "could not be ended; the server's log says why." if work.failed else "was stopped."
        st.caption(f"The check whether segments repeat and are real {said}")
        st.button(
            "Check again",
            key="check_again",
            on_click=lambda: _gathering.clear(state.sales, state.version, state.model),
        )
    return None


def advice(state: AppState, training: Training) -> Advice:
    """The advice on the number of segments: in the light of the evidence, once there is some."""
    if state.opened is not None:
        return training.advice
    found = _gathering(state.sales, state.version, state.model).result
    return training.advice if found is None else found[1]


def advised(state: AppState, found: Segmentation) -> Segmentation:
    """The same with that advice, for what leaves the page."""
    better = advice(state, found.training)
    return found if better is found.training.advice else replace(found, training=replace(found.training, advice=better))


@st.fragment(run_every=0.7)
def _watch(work: Gathering) -> None:
    work.join()
    if not work.running:
        start.rerun_page()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(work.progress, "Checking whether segments repeat and are real: drawing customers again")
        st.button("Stop", key="stop_evidence", on_click=work.stop)


def on_choose_k(state: AppState, k: int) -> None:
    """Whether the cut repeats and the groups are real, for every k."""
    from segmentation.clustering.validation import evidence as words

    parts.heading(
        "Would we find the same again?",
        "Segments that come out the same from other draws of your customers can be relied on. "
        "That does not make them real: smooth data can be cut at the same place every time.",
    )
    found = gather(state)
    if found is None:
        return
    evidence, _ = found
    for text in (words.about_repeating(evidence, k), words.about_reality(evidence, k), words.about_noise(evidence, k)):
        st.markdown(parts.plain(numbers.text(text)))
    table, theme = evidence.by_k(), parts.theme()
    left, right = st.columns(2, gap="medium")
    with left:
        parts.chart(charts.repeatability(table, k, theme), key="repeatability")
    with right:
        parts.chart(charts.against_noise(table, k, theme), key="against_noise")
    parts.table(_numbers(table), key="evidence_numbers", label="The numbers of both charts, and other measures")


def on_segments(state: AppState, found: Segmentation) -> None:
    """How sure each segment is, and the other story where two fit."""
    from segmentation.analysis import explain as trust
    from segmentation.clustering.validation import evidence as words

    parts.heading(
        "How sure is each segment?",
        "From 50 new draws of your customers, each segmented anew. Likeness counts who leaves a segment and who joins "
        "it, and decides: above 85 stable, above 75 a pattern, above 60 doubtful.",
    )
    gathered = gather(state)
    if gathered is None:
        return
    evidence, _ = gathered
    result = evidence.bootstrap[found.k]
    names = dict(zip(found.segments["segment_id"], found.segments["segment_name"], strict=True))
    by_id = sorted(zip(found.cluster_to_segment, result.jaccard.tolist(), result.recall.tolist(), strict=True))
    for segment_id, jaccard, recall in by_id:
        text = words.about_segment(jaccard, recall, names[segment_id])
        st.markdown(f"**{parts.plain(names[segment_id])}**: {parts.plain(numbers.text(text))}")
    st.markdown(parts.plain(numbers.text(words.about_reality(evidence, found.k))))
    story = evidence.stories[found.k]
    if story is not None:
        st.warning(parts.plain(numbers.text(words.about_story(story, found.k))), title="Two stories fit")
        other = trust.other_story(found.training, story)
        left, right = st.columns(2, gap="medium")
        for column, title, segments in ((left, "Shown here", found.segments), (right, "The other story", other)):
            column.markdown(f"**{title}**")
            column.table(_story(segments, found.training), hide_index=True, border="horizontal", alt=title)


def doubts(state: AppState, found: Segmentation) -> dict[int, str]:
    """segment_id -> why not to build much on it, as far as that is known by now."""
    from segmentation.clustering.validation import evidence as words
    from segmentation.clustering.k_selection import SMALLEST_SHARE

    said: dict[int, str] = {}
    gathered = None if state.opened else _gathering(state.sales, state.version, state.model).result
    if gathered is not None:
        likeness = gathered[0].bootstrap[found.k].jaccard.tolist()
        for segment_id, jaccard in zip(found.cluster_to_segment, likeness, strict=True):
            if not words.well_found(jaccard):
                band = words.band(jaccard) or "Not known"
                said[segment_id] = f"**{band}**: it hardly comes out again from new draws of your customers."
    for segment in found.segments.to_dict("records"):
        if segment["share_of_customers"] < SMALLEST_SHARE:
            many = f"{numbers.count(segment['customers'])} customer{'s' * (segment['customers'] != 1)}"
            said[segment["segment_id"]] = f"**{many} only**: chance has much to do with what is told of them."
    return said


def _story(segments: pd.DataFrame, training: Training) -> pd.DataFrame:
    import pandas as pd

    registry = cached.registry()
    told = {"Segment": segments["segment_name"].map(parts.plain), "Customers": segments["customers"].map(numbers.count)}
    for name in training.features:
        feature = registry[name]
        medians = [numbers.value(value, feature.unit) for value in segments[f"median_{name}"]]
        told[feature.label] = pd.Series(medians, index=segments.index)
    return pd.DataFrame(told)


def _numbers(table: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        {
            "Segments": table["k"].map(str),
            "Weakest segment's likeness": table["least_jaccard"].map(numbers.decimal),
            "Whole partition's agreement": table["adjusted_rand"].map(numbers.decimal),
            "Prediction strength": table["prediction_strength"].map(numbers.decimal),
            "Left unexplained": table["unexplained"].map(numbers.share),
            "By noise": table["noise_unexplained"].map(numbers.share),
            "Noise does as well in": table["noise_chance"].map(numbers.share),
            "Gap": [
                f"{numbers.decimal(gap)} ± {numbers.decimal(error)}"
                for gap, error in zip(table["gap"], table["gap_error"], strict=True)
            ],
        }
    )
