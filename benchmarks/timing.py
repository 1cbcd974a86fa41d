"""Fair comparisons: enough repetitions, and an idle CPU before each run."""

from __future__ import annotations

import time


def wait_until_idle(timeout: float = 2.0) -> None:
    """Return once no thread of this process is busy, or after `timeout` seconds.

    Threads of linear algebra libraries spin for a tenth of a second after their last task, and would take CPU time
    from the next run.
    """
    end = time.perf_counter() + timeout
    while time.perf_counter() < end:
        cpu_before = time.process_time()
        time.sleep(0.02)
        if time.process_time() - cpu_before < 0.002:
            return


def choose_repetitions(customers: int, requested: int | None) -> int:
    """Repetitions per side: the requested number, else more for shorter runs."""
    return requested or (9 if customers <= 10_000 else 3 if customers <= 100_000 else 1)
