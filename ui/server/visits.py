"""Tags the queries of a page view with its page and visitor, for the query history of a warehouse."""

from __future__ import annotations

import hashlib

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from segmentation.snowflake_client import query_tag

_MAX_CHARACTERS = 100


def describe_visit(page: str) -> None:
    """Tag what this page view, and work that it starts, asks of a warehouse.

    A visitor who signed in to the app is named by e-mail address, any other by digits that differ for each visit.
    """
    run_id = st.query_params.get("run", "")[:_MAX_CHARACTERS]
    query_tag.describe_visit(page, _identify_visitor()[:_MAX_CHARACTERS], run_id)


def _identify_visitor() -> str:
    email = st.user.get("email")
    if email:
        return str(email)
    context = get_script_run_ctx(suppress_warning=True)
    # Never the session id itself: who knows it can take over the session.
    return "" if context is None else hashlib.sha256(context.session_id.encode()).hexdigest()[:8]
