"""Retrains a saved run on later sales, and makes the new run current if the retrain gate accepts it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from segmentation import pipeline
from segmentation.analysis.explain import revise_with_validation
from segmentation.analysis.retrain_gate import decide_retrain
from segmentation.customers.monitoring import compute_data_digest
from segmentation.errors import RunError
from segmentation.runs.catalog import list_run_ids, set_current_run
from segmentation.runs.current_pointer import get_current_run_id
from segmentation.runs.load import SavedRun, open_run
from segmentation.runs.previous_segments import PreviousSegments
from segmentation.runs.save import save_run
from segmentation.runtime.progress import StepProgress, no_progress
from segmentation.sales.open_source import open_source
from segmentation.segments.override_validity import list_dropped_overrides
from segmentation.segments.overrides import SegmentOverride
from segmentation.settings import SalesSettings


@dataclass(frozen=True)
class RetrainResult:
    """What a retrain did."""

    status: str
    """unchanged (same data: nothing trained or saved), current (saved and made current) or held (saved for review)."""
    run_id: str
    """The new run; where unchanged, the one that stays current."""
    reasons: tuple[str, ...] = ()
    """Why the gate holds the run for review, one sentence each; not empty either if it was accepted nevertheless."""
    model_share: float | None = 0.0
    """See `segmentation.analysis.retrain_gate.RetrainDecision`."""
    dropped: tuple[SegmentOverride, ...] = ()
    """Names and texts that the user had edited and that were not carried over, because their segments have changed."""


def retrain(
    run: SavedRun,
    folder: Path,
    sales: SalesSettings,
    *,
    force: bool = False,
    publish: Callable[[SavedRun], object] | None = None,
    on_progress: StepProgress = no_progress,
) -> RetrainResult:
    """Train with the settings of a run on these sales, compare, and save.

    Args:
        run: the run to replace.
        folder: its folder of runs, where the new run is saved.
        sales: which lines count, over a window as long as that of the run.
        force: make the new run current whatever the gate says.
        publish: called with an accepted run before it becomes current: if it fails, the next call publishes again.
        on_progress: called with the completed share, 0 to 1, and the current step.

    Raises:
        RunError: the run is damaged, or the new one cannot be saved; nothing changes.
        SettingsError: as many segments as before are not possible with these customers.
        SourceError, ColumnError, DataError: as in `segmentation.pipeline.load_customers`.
    """
    run.check_files()
    current = get_current_run_id(folder)
    source = open_source(sales.source)
    monitoring = run.monitoring or {}
    if _covers_same_lines(run, sales) and source.version() == monitoring.get("source_version"):
        return RetrainResult("unchanged", run.run_id)
    features = run.settings.model.features
    table = pipeline.load_customers(sales, lambda share, step: on_progress(0.4 * share, step), source, None, features)
    if compute_data_digest(table.frame, run.features) == monitoring.get("data_digest"):
        return RetrainResult("unchanged", run.run_id)
    model = run.settings.model
    training = pipeline.train_every_k(table, model, lambda share, step: on_progress(0.4 + 0.2 * share, step))
    training = revise_with_validation(training, lambda share, step: on_progress(0.6 + 0.3 * share, step))
    segmentation = pipeline.build_segmentation(training, run.k, PreviousSegments.from_saved_run(run))
    on_progress(0.9, "Comparing with the last run")
    record = segmentation.to_run_record()
    decision = decide_retrain(run, record)
    is_accepted = force or decision.is_accepted
    stored: dict[str, Any] = {"is_accepted": is_accepted, "reasons": decision.reasons}
    monitoring = {**(record.monitoring or {}), "decision": stored | {"model_share": decision.model_share}}
    # A retry after a failure, or a run held for review before, is saved already: no second copy.
    run_id = _find_same_result(folder, record.run_id)
    if run_id is None:
        run_id = save_run(replace(record, monitoring=monitoring), folder, make_current=False).name
    reasons = decision.reasons
    if is_accepted and get_current_run_id(folder) != current:
        is_accepted, reasons = False, (*reasons, "Another run was made current in the meantime.")
    if is_accepted:
        if publish is not None:
            on_progress(0.95, "Publishing")
            publish(open_run(folder, run_id))
        set_current_run(folder, run_id)
    dropped = list_dropped_overrides(run.segments, segmentation.previous_labels)
    return RetrainResult("current" if is_accepted else "held", run_id, reasons, decision.model_share, tuple(dropped))


def find_runs_folder(path: Path, run: SavedRun) -> Path:
    """The folder of runs that a run is in, where `path` is either.

    Raises:
        RunError: `path` is a single run that is in no folder of runs.
    """
    if run.folder != path:
        return path
    if path.resolve().name != run.run_id:
        raise RunError(f"{path} is a single run outside a folder of runs.", hint="Pass the folder that holds the runs.")
    return path.resolve().parent


def _covers_same_lines(run: SavedRun, sales: SalesSettings) -> bool:
    """Whether an unchanged source has the same lines as the run: up to its end, and read in the same way."""
    before, now = (
        replace(settings, start=None, as_of=None, window_days=None) for settings in (run.settings.sales, sales)
    )
    has_same_end = run.settings.sales.as_of is None and sales.as_of is None
    return before == now and has_same_end and sales.window_days == run.window_days


def _find_same_result(folder: Path, run_id: str) -> str | None:
    """The latest saved run with the same result: held for review, or accepted and not published. None: there is none.

    The digits after the time in a run id are those of everything that determines the result.
    """
    digits = run_id.rpartition("-")[2]
    for saved in list_run_ids(folder):
        if saved.rpartition("-")[2] == digits:
            try:
                open_run(folder, saved).check_files()
            except RunError:
                continue
            return saved
    return None
