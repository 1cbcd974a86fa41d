"""A function in one of Streamlit's caches must not show progress: on a busy machine the page would end in an error."""

from __future__ import annotations

import ast
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "ui" / "data"


def list_calls(function: ast.FunctionDef) -> set[str]:
    """Functions of this file or of `results` and `progress` that are called."""
    calls = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    named = {call.id for call in calls if isinstance(call, ast.Name)}
    modules = ("results", "progress")
    return named | {c.attr for c in calls if isinstance(c, ast.Attribute) and ast.unparse(c.value) in modules}


def test_cached_functions_wait_quietly() -> None:
    functions = [
        node
        for path in DATA.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    ]
    shows_progress = {"wait_with_progress", "wait_for"}
    while found := {f.name for f in functions if list_calls(f) & shows_progress} - shows_progress:
        shows_progress |= found
    cached = [f for f in functions if any("cache_" in ast.unparse(decorator) for decorator in f.decorator_list)]
    assert len(cached) > 20
    assert {"get_customers", "get_training"} <= shows_progress
    assert {f.name: list_calls(f) & shows_progress for f in cached if list_calls(f) & shows_progress} == {}
