"""What makes turns fair: enough of them, and a processor at rest for the side whose turn it is."""

from __future__ import annotations

import time


def come_to_rest(at_most: float = 2.0) -> None:
    """Return once no thread of this process works, or after so many seconds.

    Threads of a library for linear algebra wait for more work with the processor in full use, for a tenth of a second
    after their last task: whoever had the next turn would share its cores with them.
    """
    end = time.perf_counter() + at_most
    while time.perf_counter() < end:
        before = time.process_time()
        time.sleep(0.02)
        if time.process_time() - before < 0.002:
            return


def turns_for(customers: int, asked: int | None) -> int:
    """How many turns each side gets: as many as asked for, else the more the sooner they are over."""
    return asked or (9 if customers <= 10_000 else 3 if customers <= 100_000 else 1)
