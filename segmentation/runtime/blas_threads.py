"""Keeps linear algebra on small matrices in one thread: waiting for threads takes longer than the work."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from threadpoolctl import threadpool_limits

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def use_one_blas_thread(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Run a function with a single BLAS thread; a forecast on two busy cores takes a tenth of the time."""

    @wraps(function)
    def run_with_one_thread(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        with threadpool_limits(1, user_api="blas"):
            return function(*args, **kwargs)

    return run_with_one_thread
