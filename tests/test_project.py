"""Project files: locks, server settings, theme, and markers of tests."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from streamlit.runtime.pages_manager import PagesManager

ROOT = Path(__file__).resolve().parents[1]
CONFIG = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))
FADED = 0.6
"""Streamlit writes captions in the text color at 60 %."""


def read_requirements(name: str) -> list[Requirement]:
    lines = (line.split("#")[0].strip() for line in (ROOT / name).read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("-")]


def read_locked_versions(name: str) -> dict[str, set[str]]:
    """Package -> its versions; more than one where they differ by version of Python."""
    results: dict[str, set[str]] = {}
    for package, version in re.findall(
        r"^([a-z0-9-]+)==([^ ]+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE
    ):
        results.setdefault(package, set()).add(version)
    return results


@pytest.mark.parametrize(
    ("file", "lock"),
    [
        ("requirements.txt", "run"),
        ("requirements-dev.txt", "dev"),
        ("requirements-notebook.txt", "notebook"),
        ("requirements-snowflake.txt", "snowflake"),
        ("requirements-dbt.txt", "dbt"),
    ],
)
def test_locks_satisfy_requirements(file: str, lock: str) -> None:
    versions = read_locked_versions(f"locks/{lock}.txt")
    for requirement in read_requirements(file):
        assert versions[requirement.name], requirement
        assert all(requirement.specifier.contains(version) for version in versions[requirement.name]), requirement


@pytest.mark.parametrize(("one", "other"), [("run", "dev"), ("run", "notebook"), ("dev", "notebook")])
def test_locks_agree_on_shared_packages(one: str, other: str) -> None:
    first, second = read_locked_versions(f"locks/{one}.txt"), read_locked_versions(f"locks/{other}.txt")
    both = first.keys() & second.keys()
    assert {name: first[name] for name in both} == {name: second[name] for name in both}


@pytest.mark.parametrize("lock", ["installer", "run", "dev", "notebook", "snowflake", "dbt"])
def test_locks_are_hashed_without_hosts(lock: str) -> None:
    text = (ROOT / f"locks/{lock}.txt").read_text(encoding="utf-8")
    blocks = re.split(r"^(?=[a-z0-9-]+==)", text, flags=re.MULTILINE)[1:]
    assert blocks
    assert all("--hash=sha256:" in block for block in blocks)
    assert not re.search(r"://|^--(index|extra|find)|^ *[#-].* /", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("section", "option", "value"),
    [
        ("server", "address", "localhost"),
        ("server", "enableCORS", True),
        ("server", "enableXsrfProtection", True),
        ("client", "showErrorDetails", "none"),
        ("client", "disableDataExport", True),
        ("browser", "gatherUsageStats", False),
    ],
)
def test_config_has_secure_defaults(section: str, option: str, value: Any) -> None:
    assert CONFIG[section][option] == value


def test_config_options_exist() -> None:
    """A misspelt option would be ignored, and with it what it protects."""
    known = "import sys; from streamlit import config; sys.stdout.write(' '.join(config._config_options_template))"
    run = subprocess.run([sys.executable, "-c", known], capture_output=True, text=True, check=True)

    def list_options(tree: dict[str, Any], prefix: str = "") -> list[str]:
        return [
            name
            for key, value in tree.items()
            for name in (list_options(value, f"{prefix}{key}.") if isinstance(value, dict) else [prefix + key])
        ]

    assert set(list_options(CONFIG)) <= set(run.stdout.split())


def test_app_has_no_pages_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a folder named pages, Streamlit shows the files as pages until st.navigation has run once."""
    monkeypatch.setattr(PagesManager, "uses_pages_directory", None)
    PagesManager(str(ROOT / "app.py"))
    assert PagesManager.uses_pages_directory is False


def test_browser_tests_are_marked() -> None:
    """They run by themselves: Playwright leaves an event loop running, in which other tests cannot start theirs."""
    files = list((ROOT / "tests/browser").glob("test_*.py"))
    assert files
    marker = "pytestmark = pytest.mark.browser\n"
    assert [file.name for file in files if marker not in file.read_text(encoding="utf-8")] == []


def compute_luminance(color: str) -> float:
    """Relative luminance, 0 to 1, as WCAG 2.2 defines it."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def compute_contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white).

    >>> compute_contrast("#000000", "#ffffff")
    21.0
    """
    low, high = sorted((compute_luminance(one), compute_luminance(other)))
    return (high + 0.05) / (low + 0.05)


def blend(color: str, on: str) -> str:
    parts = [(int(color[at : at + 2], 16), int(on[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(over * FADED + under * (1 - FADED)):02x}" for over, under in parts)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_theme_contrast(name: str) -> None:
    theme = CONFIG["theme"][name]
    sidebar = theme | theme["sidebar"]
    for position in (theme, sidebar):
        background = position["backgroundColor"]
        for color in (position["textColor"], blend(position["textColor"], background), position["linkColor"]):
            assert compute_contrast(color, background) >= 4.5, (color, background)
    assert compute_contrast("#ffffff", theme["primaryColor"]) >= 4.5, "white text on a button"
    assert compute_contrast(sidebar["primaryColor"], sidebar["backgroundColor"]) >= 4.5, "a slider's value"
    assert compute_contrast(theme["primaryColor"], theme["backgroundColor"]) >= 3, "the edge of a control"
