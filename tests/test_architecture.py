"""Who may import whom, and how long a file may be. The table is the design; a change of design changes it here.

The checker itself is tested below on small trees that break one rule each.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
STEPS = {"sales", "customers", "clusters", "segments", "delivery"}
IN_STEPS = {f"segmentation.{step}" for step in STEPS}
BASE = {f"segmentation.{name}" for name in ("settings", "errors", "display", "numbers", "cancellation")}
BASE = {f"segmentation.{name}" for name in ("settings", "errors", "display", "numbers", "formula_injection")}
WAREHOUSED = {"sales", "delivery"}
"""Steps at the two ends, which reach Snowflake through one session (segmentation/warehouse/)."""

BELOW_CLI = (
    BASE
    | IN_STEPS
    | {f"segmentation.{name}" for name in ("results", "pipeline", "questions", "reporting", "trust", "tuning", "cli")}
)

# Where a file stands -> what of the project it may import. A step never imports the code of another step.
MAY_IMPORT: dict[str, set[str]] = {
    "segmentation.errors": set(),
    "segmentation.runtime.cancellation": set(),
    "segmentation.runtime.formula_injection": set(),
    "segmentation.settings": {"segmentation.errors"},
    "segmentation.presentation.number_format": {"segmentation.errors"},
    "segmentation.presentation.formatting": {"segmentation.presentation.number_format"},
    **{f"segmentation.{step}": BASE | {f"segmentation.{step}"} for step in STEPS - WAREHOUSED},
    **{f"segmentation.{step}": BASE | {f"segmentation.{step}", "segmentation.warehouse"} for step in WAREHOUSED},
    "segmentation.warehouse": BASE | {"segmentation.warehouse"},
    "segmentation.segments": BASE
    | {"segmentation.segments", "segmentation.clustering.kmeans.jit", "segmentation.runtime.thread_pool"},  # how it is done
    "segmentation.charts": BASE - {"segmentation.errors"} | {"segmentation.charts"},
    "segmentation.population": BASE | IN_STEPS,  # all customers, where only a sample is here
    "segmentation.results": BASE
    | IN_STEPS
    | {"segmentation.population"},  # frames that the pipeline hands on, made of the steps' own parts
    "segmentation.retraining": BASE | IN_STEPS | {"segmentation.results"},
    "segmentation.pipeline": BASE
    | IN_STEPS
    | {"segmentation.results", "segmentation.population", "segmentation.retraining"},
    "segmentation.questions": BELOW_CLI - {"segmentation.cli", "segmentation.analysis.explain"},
    "segmentation.export.report_inputs": BASE | IN_STEPS | {"segmentation.charts.palette"},
    "segmentation.analysis.tuning": BASE | IN_STEPS | {"segmentation.results"},
    "segmentation.analysis.explain": BASE | IN_STEPS | {"segmentation.results"},
    "segmentation.cli": BELOW_CLI | {"segmentation.warehouse"},
    "segmentation.__main__": BELOW_CLI,
    "pages._ui": {"segmentation", "pages._ui"},
    "pages": BASE | {"segmentation.charts", "pages._ui"},
    "app": {"pages._ui"},
}

# A library -> the only files and folders that may import it.
ONLY_IN = {
    "streamlit": ("app.py", "pages/"),
    "plotly": ("segmentation/charts/",),
    "sklearn": ("segmentation/features/scaling.py", "segmentation/clusters/", "segmentation/segments/rules.py"),
    "joblib": ("segmentation/runs/save.py",),
    "snowflake": ("segmentation/warehouse/",),
    "pickle": (),
}
PLAIN = {f"segmentation/{name}.py" for name in ("settings", "errors", "display", "formula_injection")}
"""Files that import nothing but the standard library and pandas: everything else imports them."""

PAGE_LINES, FILE_LINES = 100, 300
NAME = re.compile(r"[A-Za-z0-9_.-]+")


def imports(tree: ast.AST) -> Iterator[str]:
    """Every module a file names in an import, wherever in the file; of `from a import b` both a and a.b."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield from (f"{module}.{name.name}" for name in names)
            case ast.Call(func=ast.Name(id="__import__" | "import_module"), args=[ast.Constant(value=str(module)), *_]):
                yield module
            case ast.Call(func=ast.Attribute(attr="import_module"), args=[ast.Constant(value=str(module)), *_]):
                yield module


class LoadedOnly(ast.NodeTransformer):
    """Leaves out what stands under `if TYPE_CHECKING:`: naming a library's type does not load the library."""

    def visit_If(self, node: ast.If) -> ast.AST:
        typing_only = isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        return ast.Module(node.orelse, []) if typing_only else self.generic_visit(node)


def within(module: str, rooms: set[str]) -> bool:
    return any(module == room or module.startswith(f"{room}.") for room in rooms)


def room_of(path: str) -> str:
    """The row of the table a file falls under."""
    parts = path.removesuffix(".py").split("/")
    if parts[0] == "pages":
        return "pages._ui" if parts[1] == "_ui" else "pages"
    return ".".join(parts[:2])


def broken_rules(root: Path) -> list[str]:
    """Each broken rule of the tree as one line, sorted; empty if all hold."""
    found: set[str] = set()
    files = [root / "app.py", *(root / "segmentation").rglob("*.py"), *(root / "pages").rglob("*.py")]
    for file in filter(Path.exists, files):
        path, text = file.relative_to(root).as_posix(), file.read_text(encoding="utf-8")
        room = room_of(path)
        if path.startswith("segmentation/") and path != "segmentation/__init__.py" and room not in MAY_IMPORT:
            found.add(f"{path} has no room in the table")
        for module in imports(ast.parse(text)):
            own = within(module, {"segmentation", "pages", "app"})
            if own and module != "segmentation" and not within(module, MAY_IMPORT.get(room, set())):
                found.add(f"{path} imports {module}")
        for library in {module.split(".")[0] for module in imports(LoadedOnly().visit(ast.parse(text)))}:
            if library in ONLY_IN and not path.startswith(ONLY_IN[library]):
                found.add(f"{path} imports {library}")
            if path in PLAIN and library not in {*sys.stdlib_module_names, "pandas", "segmentation"}:
                found.add(f"{path} imports {library}")
        if room == "pages" and text.count("\n") > PAGE_LINES:
            found.add(f"{path} is longer than {PAGE_LINES} lines")
    folders = ("segmentation", "pages", "tests", "benchmarks")
    for file in (path for folder in folders for path in (root / folder).rglob("*.py")):
        if file.read_text(encoding="utf-8").count("\n") > FILE_LINES:
            found.add(f"{file.relative_to(root).as_posix()} is longer than {FILE_LINES} lines")
    for folder in (*folders, "docs", "notebooks", "dbt"):
        for path in (root / folder).rglob("*"):
            if "__pycache__" not in path.parts and not NAME.fullmatch(path.name):
                found.add(f"{path.relative_to(root).as_posix()} has a name that not every tool can take")
    return sorted(found)


def test_the_project_keeps_its_rules() -> None:
    assert broken_rules(ROOT) == []


def test_the_checker_reads_the_project() -> None:
    """It would also find nothing if it looked in the wrong place."""
    for path in PLAIN:
        assert (ROOT / path).is_file()
    assert {folder.name for folder in (ROOT / "segmentation").iterdir()} >= STEPS
    assert "segmentation.errors.SettingsError" in set(
        imports(ast.parse((ROOT / "segmentation/settings.py").read_text()))
    )


@pytest.mark.parametrize(
    ("path", "text", "complaint"),
    [
        ("segmentation/sales/a.py", "import segmentation.customers", "imports segmentation.customers"),
        ("segmentation/sales/a.py", "from segmentation import pipeline", "imports segmentation.pipeline"),
        ("segmentation/clusters/a.py", "def f():\n    from pages._ui import state", "imports ui.state.app_state"),
        ("segmentation/clusters/a.py", "import importlib\nimportlib.import_module('streamlit')", "imports streamlit"),
        ("segmentation/charts/a.py", "from segmentation import errors", "imports segmentation.errors"),
        ("segmentation/segments/naming.py", "from sklearn.cluster import KMeans", "imports sklearn"),
        ("segmentation/export/customer_list.py", "import joblib", "imports joblib"),
        ("segmentation/runs/save.py", "import pickle", "imports pickle"),
        ("segmentation/sales/duckdb.py", "import snowflake.connector", "imports snowflake"),
        ("segmentation/settings.py", "import numpy", "imports numpy"),
        ("segmentation/helpers.py", "", "has no room in the table"),
        ("ui/components/common.py", "import plotly.graph_objects", "imports plotly"),
        ("ui/components/common.py", "if TYPE_CHECKING:\n    pass\nelse:\n    import plotly", "imports plotly"),
        ("pages/data/overview.py", "from segmentation.pipeline import train", "imports segmentation.pipeline.train"),
        ("pages/data/overview.py", "from pages.data import customers", "imports pages.data.customers"),
        ("pages/data/overview.py", "x = 1\n" * 101, "is longer than 100 lines"),
        ("app.py", "from segmentation.settings import SalesSettings", "imports segmentation.settings.SalesSettings"),
        ("tests/test_a.py", "x = 1\n" * 301, "is longer than 300 lines"),
        ("pages/data/\N{BAR CHART}.py", "", "has a name that not every tool can take"),
    ],
)
def test_a_broken_rule_is_found(tmp_path: Path, path: str, text: str, complaint: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    assert broken_rules(tmp_path) == [f"{path} {complaint}"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("segmentation/sales/a.py", "import duckdb\nfrom segmentation.sales import columns\nimport segmentation"),
        ("segmentation/clusters/a.py", "from sklearn.cluster import KMeans\nfrom segmentation.settings import K_MIN"),
        ("segmentation/pipeline.py", "from segmentation.sales.source import open_source"),
        ("ui/data/results.py", "import streamlit\nfrom segmentation import pipeline"),
        ("ui/components/common.py", "if TYPE_CHECKING:\n    import plotly.graph_objects as go"),
        ("pages/data/overview.py", "import streamlit\nfrom pages._ui import state\nfrom segmentation import charts"),
        ("app.py", "import streamlit\nfrom pages._ui import sidebar"),
    ],
)
def test_what_is_allowed_is_not_found(tmp_path: Path, path: str, text: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    assert broken_rules(tmp_path) == []
