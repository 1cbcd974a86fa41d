"""Caches for what is worked out from sales: shared by all visitors, or, for a visitor's own file, kept with that file.

What is made from a file that one visitor handed over must go when the file goes, and must never be found by another.
So it is no entry of a cache of the server: it lies with the opened file. For all other sales these are st.cache_data
and st.cache_resource. The first argument is the settings of the sales, or a state that holds them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import nullcontext
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

import streamlit as st

from segmentation.errors import SourceError
from segmentation.settings import UPLOAD

if TYPE_CHECKING:
    from segmentation.sales.upload_store import UploadSource

P = ParamSpec("P")
R = TypeVar("R")
_MAX_ENTRIES = 24
"""So many results of one kind are kept with a file, the latest."""


class ScopedCache(Generic[P, R]):
    """A function whose results are kept; `shared` keeps those that are everybody's."""

    def __init__(self, work: Callable[P, R], shared: Any, spinner: str | bool, *, copied: bool) -> None:
        self._work, self._shared, self._spinner, self._copied = work, shared, spinner, copied
        update_wrapper(self, work)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        upload = _find_upload(args)
        if upload is None:
            result: R = self._shared(*args, **kwargs)
            return result
        results = upload.derived.setdefault(self._work, {})
        key = (args, tuple(sorted(kwargs.items())))
        if key not in results:
            with st.spinner(self._spinner) if isinstance(self._spinner, str) else nullcontext():
                results[key] = self._work(*args, **kwargs)
        results[key] = found = results.pop(key)  # the latest stands last
        while len(results) > _MAX_ENTRIES:
            results.pop(next(iter(results)))
        mine: R = copy.deepcopy(found) if self._copied else found
        return mine

    def clear(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Forget the result for these arguments; without any, all that is shared."""
        try:
            upload = _find_upload(args) if args else None
        except SourceError:  # the file is gone, and all that was made from it
            return
        if upload is None:
            self._shared.clear(*args, **kwargs)
        else:
            upload.derived.get(self._work, {}).pop((args, tuple(sorted(kwargs.items()))), None)


def cache_data(*, show_spinner: str | bool = False, **options: Any) -> Callable[[Callable[P, R]], ScopedCache[P, R]]:
    """Like st.cache_data: each who asks gets a copy."""
    return lambda work: ScopedCache(
        work, st.cache_data(show_spinner=show_spinner, **options)(work), show_spinner, copied=True
    )


def cache_resource(
    *, show_spinner: str | bool = False, **options: Any
) -> Callable[[Callable[P, R]], ScopedCache[P, R]]:
    """Like st.cache_resource: all who ask get the same, which must not be changed."""
    return lambda work: ScopedCache(
        work, st.cache_resource(show_spinner=show_spinner, **options)(work), show_spinner, copied=False
    )


def _find_upload(args: tuple[Any, ...]) -> UploadSource | None:
    sales = getattr(args[0], "sales", args[0])
    if not sales.source.startswith(UPLOAD):
        return None
    from segmentation.sales.upload_store import get_upload

    return get_upload(sales.source)
