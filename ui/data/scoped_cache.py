"""Caches for results computed from sales: shared by all sessions or, for an uploaded file, stored with that file.

Results computed from an upload must disappear together with the file and must never reach another session, so they
are stored on the opened file instead of in a cache of the server. All other sales use st.cache_data and
st.cache_resource, which compute a missing value once however many sessions ask for it at the same time. The first
argument of a cached function is a SalesSettings, or a state that holds one as `sales`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import nullcontext
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

import streamlit as st

from segmentation.errors import SourceError
from segmentation.settings import UPLOAD, ModelSettings, SalesSettings
from ui.data.result_key import ResultKey

if TYPE_CHECKING:
    from segmentation.sales.upload_source import UploadSource

P = ParamSpec("P")
R = TypeVar("R")
_MAX_ENTRIES = 24
"""Maximum number of results per cached function and uploaded file; the least recently used are dropped."""


_HASH_FUNCS: dict[str | type[Any], Callable[[Any], str]] = {SalesSettings: repr, ModelSettings: repr, ResultKey: repr}
"""How Streamlit hashes arguments. A page looks up about thirty results; hashing each field of each setting by itself
would take longer than anything else on it. The representation states every field."""


class ScopedCache(Generic[P, R]):
    """A cached function; `shared` is the Streamlit cache used for everything but uploads."""

    def __init__(self, work: Callable[P, R], shared: Any, spinner: str | bool, *, copied: bool) -> None:
        self._work, self._shared, self._spinner, self._copied = work, shared, spinner, copied
        update_wrapper(self, work)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        upload = _find_upload(args)
        if upload is None:
            shared: R = self._shared(*args, **kwargs)
            return shared
        results = upload.derived.setdefault(self._work, {})
        key = (args, tuple(sorted(kwargs.items())))
        if key not in results:
            with st.spinner(self._spinner) if isinstance(self._spinner, str) else nullcontext():
                results[key] = self._work(*args, **kwargs)
        results[key] = result = results.pop(key)  # keep the order of use
        while len(results) > _MAX_ENTRIES:
            results.pop(next(iter(results)))
        value: R = copy.deepcopy(result) if self._copied else result
        return value

    def clear(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Remove the result for these arguments; without arguments, all shared results."""
        try:
            upload = _find_upload(args) if args else None
        except SourceError:  # the file was removed, and with it all its results
            return
        if upload is None:
            self._shared.clear(*args, **kwargs)
        else:
            upload.derived.get(self._work, {}).pop((args, tuple(sorted(kwargs.items()))), None)


def cache_data(*, show_spinner: str | bool = False, **options: Any) -> Callable[[Callable[P, R]], ScopedCache[P, R]]:
    """Like st.cache_data: every caller gets a copy."""
    return lambda work: ScopedCache(
        work, _wrap_in_cache(st.cache_data, work, show_spinner, options), show_spinner, copied=True
    )


def cache_resource(
    *, show_spinner: str | bool = False, **options: Any
) -> Callable[[Callable[P, R]], ScopedCache[P, R]]:
    """Like st.cache_resource: all callers share one object and must not change it."""
    return lambda work: ScopedCache(
        work, _wrap_in_cache(st.cache_resource, work, show_spinner, options), show_spinner, copied=False
    )


def _wrap_in_cache(cache: Any, work: Callable[P, R], show_spinner: str | bool, options: dict[str, Any]) -> Any:
    """Put a function into one of Streamlit's caches."""
    hash_funcs = _HASH_FUNCS | options.get("hash_funcs", {})
    return cache(**options | {"show_spinner": show_spinner, "hash_funcs": hash_funcs})(work)


def _find_upload(args: tuple[Any, ...]) -> UploadSource | None:
    sales = getattr(args[0], "sales", args[0])
    if not sales.source.startswith(UPLOAD):
        return None
    from segmentation.sales.upload_store import get_upload

    return get_upload(sales.source)
