"""The complete validation of a sweep, in the background; sessions with the same settings share it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from segmentation.runtime.cancellation import raise_if_cancelled
from segmentation.runtime.progress import StepProgress
from segmentation.settings import ModelSettings, SalesSettings
from ui.components import errors
from ui.data import results, scoped_cache, session_upload
from ui.data.jobs import Job, JobQueue

if TYPE_CHECKING:
    import pandas as pd

    from segmentation.clustering.k_selection import KRecommendation
    from segmentation.clustering.validation.evidence import ValidationResult
    from segmentation.results import SweepResult

Outcome = tuple["ValidationResult", "KRecommendation"]
_ONE_AT_A_TIME = JobQueue(1)
"""A separate queue with one slot, so that validation never starves training."""


@scoped_cache.cache_resource(max_entries=24, ttl="12h")
def get_validation_job(sales: SalesSettings, version: str, model: ModelSettings) -> Job[Outcome]:
    """The job that validates the sweep of these settings."""
    return start_validation(results.get_training_for(sales, version, model))


@scoped_cache.cache_resource(max_entries=48, ttl="12h")
def profile_alternative(sales: SalesSettings, version: str, model: ModelSettings, k: int) -> pd.DataFrame:
    """The segments of the alternative that the completed validation found for k."""
    from segmentation.analysis import explain

    outcome = get_validation_job(sales, version, model).result
    assert outcome is not None
    alternative = outcome[0].alternatives[k]
    assert alternative is not None
    return explain.profile_alternative(results.get_training_for(sales, version, model), alternative)


def start_validation(training: SweepResult) -> Job[Outcome]:
    """Start the validation of a sweep; its failure is logged."""

    def validate(report_progress: StepProgress) -> Outcome:
        from segmentation.analysis import explain

        try:
            return explain.validate_sweep(training, report_progress)
        except Exception as error:  # the page shows that it failed; the log has the reason
            raise_if_cancelled()
            is_shutdown = isinstance(error, RuntimeError) and "shutdown" in str(error)
            if threading.main_thread().is_alive() and not is_shutdown:  # at server shutdown no new threads can start
                _log_failure(error, training)
            raise

    return Job(validate, "evidence", queue=_ONE_AT_A_TIME)


def _log_failure(error: Exception, training: SweepResult) -> None:
    if session_upload.is_private(training.table.settings):
        errors.log.error("Validation failed: %s", session_upload.redact_exception(error))
    else:
        errors.log.exception("Validation failed")
