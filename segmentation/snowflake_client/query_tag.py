"""The query tag: JSON that records in Snowflake's history what a statement was run for.

A session has the tag of its process. Visitors of the app share a session, so each of their statements has its own tag
instead, with the page and the visitor.
"""

from __future__ import annotations

import json
from contextvars import ContextVar
from typing import Any

APP = "segments"
_work: dict[str, str] = {"command": "app"}
_visit: ContextVar[dict[str, str] | None] = ContextVar("visit", default=None)


def describe_work(command: str, run_id: str = "") -> None:
    """Record what this process does; sessions that are opened later carry it in their tag.

    Args:
        command: the command of the command line; without a call it is "app", the pages.
        run_id: the run that it works on, if there is one.
    """
    _work.clear()
    _work.update({"command": command, **({"run_id": run_id} if run_id else {})})


def describe_visit(page: str, visitor: str, run_id: str = "") -> None:
    """Record which page view this thread, and work that it starts, serves.

    Args:
        page: of the address, such as "segments".
        visitor: name of a visitor who signed in to the app, or the id of the visit.
        run_id: the saved run that is open, if there is one.
    """
    _visit.set({"page": page, "visitor": visitor, **({"run_id": run_id} if run_id else {})})


def build_query_tag(user: str = "") -> str:
    """The tag: app, command, and, if known, page, visitor, run_id and user (who signs in).

    >>> describe_work("train")
    >>> build_query_tag("ANNA")
    '{"app": "segments", "command": "train", "user": "ANNA"}'
    >>> describe_work("app")
    """
    return json.dumps({"app": APP, **_work, **(_visit.get() or {}), **({"user": user} if user else {})})[:2000]


def build_statement_options(user: str = "") -> dict[str, Any]:
    """Arguments for the connector's `execute` that tag one statement; empty if the tag of the session suffices."""
    return {} if _visit.get() is None else {"_statement_params": {"QUERY_TAG": build_query_tag(user)}}
