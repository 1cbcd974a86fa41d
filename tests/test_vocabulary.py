"""Private words stay out of the names of modules, functions, parameters and, in four packages, locals."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted(
    path
    for folder in ("segmentation", "ui", "app_pages")
    for path in (ROOT / folder).rglob("*.py")
    if "__pycache__" not in path.parts
)
PRIVATE_WORDS = frozenset(
    {
        "apart",
        "asked",
        "calm",
        "closer",
        "corner",
        "deeper",
        "everyone",
        "given",
        "here",
        "judge",
        "keeping",
        "kept",
        "least",
        "made",
        "most",
        "own",
        "patience",
        "people",
        "place",
        "room",
        "shelf",
        "team",
        "tell",
        "telling",
        "there",
        "told",
        "whole",
        "words",
    }
)
WITH_LOCALS = frozenset({"charts", "clustering", "features", "segments"})
"""Packages whose local names are checked, too."""
PRIVATE_WORDS_IF_PUBLIC = frozenset({"found"})
"""Clear enough as the name of a local helper, not as part of an interface."""


def find_private_words(name: str) -> set[str]:
    """The underscore-separated parts of a name that are private words.

    >>> find_private_words("is_kept"), find_private_words("_found"), find_private_words("found_rows")
    ({'kept'}, set(), {'found'})
    """
    words = PRIVATE_WORDS if name.startswith("_") else PRIVATE_WORDS | PRIVATE_WORDS_IF_PUBLIC
    return set(words.intersection(name.lower().split("_")))


def iter_names(tree: ast.Module, *, with_locals: bool = False) -> Iterator[tuple[int, str]]:
    """Line and name of every class, function and parameter, and of every assigned name if requested."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif with_locals and isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_names_use_no_private_words(path: Path) -> None:
    relative = path.relative_to(ROOT)
    names = [(1, part) for part in relative.with_suffix("").parts]
    names += iter_names(ast.parse(path.read_text("utf-8")), with_locals=relative.parts[1] in WITH_LOCALS)
    offenders = [f"{line}: {name}" for line, name in names if find_private_words(name)]
    assert not offenders, f"Replace the private words in {path.relative_to(ROOT)}: " + ", ".join(offenders)
