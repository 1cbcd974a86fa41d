"""The query tag of a session: JSON that tells in Snowflake's history what a statement was run for."""

from __future__ import annotations

import json

APP = "segments"
_work: dict[str, str] = {"command": "app"}


def describe_work(command: str, run_id: str = "") -> None:
    """Say what this process does; sessions that are opened later carry it in their tag.

    Args:
        command: the command of the command line; without a call it is "app", the pages.
        run_id: the run that it works on, if there is one.
    """
    _work.clear()
    _work.update({"command": command, **({"run_id": run_id} if run_id else {})})


def build_query_tag(user: str = "") -> str:
    """The tag: app, command, and run_id and user (who signs in) as far as they are known.

    >>> describe_work("train")
    >>> build_query_tag("ANNA")
    '{"app": "segments", "command": "train", "user": "ANNA"}'
    >>> describe_work("app")
    """
    return json.dumps({"app": APP, **_work, **({"user": user} if user else {})})[:2000]
