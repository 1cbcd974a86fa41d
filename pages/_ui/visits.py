"""Which visit is asking, and whether it is still there."""

from __future__ import annotations

from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx


def current_visit() -> str | None:
    """The session whose page is being drawn in this thread; None in a background thread."""
    context = get_script_run_ctx(suppress_warning=True)
    return None if context is None else context.session_id


def is_active(visit: str) -> bool:
    """Whether the visitor is connected; also where there is no server, as in tests."""
    return not runtime.exists() or runtime.get_instance().is_active_session(visit)
