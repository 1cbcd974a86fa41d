"""Import rules, import cycles, and file lengths. The table is the design; a change of design changes it here.

The checker itself is tested below on small trees that break one rule each.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LEAVES = {f"segmentation.{name}" for name in ("settings", "errors", "messages", "runtime")}
"""Every module may import these."""
TEXT = {f"segmentation.presentation.{name}" for name in ("formatting", "number_format")}  # how a number is written
STEPS = {f"segmentation.{name}" for name in ("sales", "features", "clustering", "segments")}
RESULTS = {"segmentation.results", "segmentation.customers"}

# Package -> what of the project it may import besides itself and LEAVES.
MAY_IMPORT: dict[str, set[str]] = {
    "segmentation": set(),
    "segmentation.errors": set(),
    "segmentation.messages": set(),
    "segmentation.settings": set(),
    "segmentation.runtime": set(),
    "segmentation.snowflake_client": set(),
    "segmentation.sales": {"segmentation.snowflake_client"},
    "segmentation.features": set(),
    "segmentation.clustering": TEXT,
    "segmentation.segments": TEXT | {"segmentation.clustering.kmeans.jit"},  # compiled loops
    "segmentation.customers": STEPS,
    "segmentation.results": STEPS | {"segmentation.customers", "segmentation.runs"},
    "segmentation.presentation": STEPS | RESULTS | {"segmentation.forecast", "segmentation.campaigns"},
    "segmentation.charts": {"segmentation.presentation"},
    "segmentation.runs": {"segmentation.features", "segmentation.segments", "segmentation.presentation"},
    "segmentation.retraining": STEPS | RESULTS | {"segmentation.runs"},
    "segmentation.customer_loading": STEPS | RESULTS | {"segmentation.forecast"},  # why there is no forecast
    "segmentation.pipeline": STEPS
    | RESULTS
    | {f"segmentation.{name}" for name in ("runs", "export", "retraining", "customer_loading", "forecast")},
    "segmentation.scoring": STEPS
    | RESULTS
    | {f"segmentation.{name}" for name in ("runs", "export", "pipeline", "forecast")},
    "segmentation.restoring": STEPS | RESULTS | {f"segmentation.{name}" for name in ("runs", "publishing")},
    "segmentation.forecast": STEPS | RESULTS | {"segmentation.runs"},
    "segmentation.analysis": STEPS
    | RESULTS
    # segments other sales; a forecast is the chance line of history
    | {f"segmentation.{name}" for name in ("runs", "presentation", "pipeline", "scoring", "forecast")},
    "segmentation.campaigns": STEPS | RESULTS | {f"segmentation.{name}" for name in ("runs", "pipeline", "forecast")},
    "segmentation.export": STEPS
    | RESULTS
    | {f"segmentation.{name}" for name in ("runs", "charts", "presentation", "forecast", "campaigns")},
    "segmentation.publishing": RESULTS
    | {f"segmentation.{name}" for name in ("export", "runs", "sales", "snowflake_client", "forecast", "campaigns")},
    "segmentation.cli": {"segmentation"},
    "segmentation.__main__": {"segmentation"},
    "ui": {"segmentation", "ui"},
    "app_pages": {"segmentation.charts", "segmentation.presentation", "ui"},
    "app": {"ui"},
}

# A library -> the only files and folders that may import it.
ONLY_IN = {
    "streamlit": ("app.py", "app_pages/", "ui/"),
    "plotly": ("segmentation/charts/",),
    "sklearn": ("segmentation/features/scaling.py", "segmentation/clustering/", "segmentation/segments/rules.py"),
    "joblib": ("segmentation/runs/save.py",),
    "snowflake": ("segmentation/snowflake_client/",),
    "pickle": (),
}
STANDARD_LIBRARY_ONLY = {"segmentation/settings.py", "segmentation/errors.py", "segmentation/messages.py"}
"""Everything else imports these files."""

SESSION_STATE = re.compile(r"\bst\.session_state\b|\bimport\b.*\bsession_state\b")
SESSION_STATE_IN = ("ui/state/", "ui/data/")
CACHES_IN = ("ui/data/", "ui/server/")
"""In ui/server, st.cache_resource starts background work once per server."""
CACHE = re.compile(r"\bst\.cache_(data|resource)\b|\bscoped_cache\b")

PAGE_LINES, FILE_LINES = 100, 300
NAME = re.compile(r"[A-Za-z0-9_.-]+")
CODE = ("segmentation", "ui", "app_pages")


def find_imports(tree: ast.AST) -> Iterator[str]:
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


class RuntimeOnly(ast.NodeTransformer):
    """Skips `if TYPE_CHECKING:` blocks, which are not executed."""

    def visit_If(self, node: ast.If) -> ast.AST:
        typing_only = isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        return ast.Module(node.orelse, []) if typing_only else self.generic_visit(node)


def is_within(module: str, packages: set[str]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def get_package(path: str) -> str:
    """The row of the table a file falls under."""
    parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
    return parts[0] if parts[0] in ("app_pages", "ui") else ".".join(parts[:2])


def find_cycles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Groups of modules that import each other, by repeatedly removing modules that import no remaining module."""
    remaining = {module: set(imported) & set(graph) - {module} for module, imported in graph.items()}
    while True:
        free = {module for module, imported in remaining.items() if not imported & remaining.keys()}
        if not free:
            break
        for module in free:
            del remaining[module]
    cycles: list[list[str]] = []
    while remaining:
        path, module = [], next(iter(sorted(remaining)))
        while module not in path:
            path.append(module)
            module = min(remaining[module] & remaining.keys())
        cycles.append(sorted(path[path.index(module) :]))
        for member in cycles[-1]:
            del remaining[member]
        while free := {name for name, imported in remaining.items() if not imported & remaining.keys()}:
            for name in free:
                del remaining[name]
    return cycles


def build_import_graph(root: Path) -> dict[str, set[str]]:
    """Module -> the modules of the project that it imports, inside functions too."""
    files = [root / "app.py", *(file for folder in CODE for file in (root / folder).rglob("*.py"))]
    modules = {
        file.relative_to(root).as_posix().removesuffix(".py").removesuffix("/__init__").replace("/", "."): file
        for file in filter(Path.exists, files)
    }
    graph: dict[str, set[str]] = {}
    for module, file in modules.items():
        tree = RuntimeOnly().visit(ast.parse(file.read_text(encoding="utf-8")))
        named = set(find_imports(tree))
        graph[module] = {name if name in modules else name.rpartition(".")[0] for name in named} & modules.keys()
    return graph


def find_violations(root: Path) -> list[str]:
    """Each broken rule of the tree as one line, sorted; empty if all hold."""
    result: set[str] = set()
    files = [root / "app.py", *(file for folder in CODE for file in (root / folder).rglob("*.py"))]
    for file in filter(Path.exists, files):
        path, text = file.relative_to(root).as_posix(), file.read_text(encoding="utf-8")
        package = get_package(path)
        if package not in MAY_IMPORT:
            result.add(f"{path} has no row in the table")
        allowed = MAY_IMPORT.get(package, set()) | LEAVES | {package}
        for module in find_imports(ast.parse(text)):
            is_own = is_within(module, {"segmentation", "ui", "app_pages", "app"})
            if is_own and module != "segmentation" and not is_within(module, allowed):
                result.add(f"{path} imports {module}")
        for library in {module.split(".")[0] for module in find_imports(RuntimeOnly().visit(ast.parse(text)))}:
            if library in ONLY_IN and not path.startswith(ONLY_IN[library]):
                result.add(f"{path} imports {library}")
            if path in STANDARD_LIBRARY_ONLY and library not in {*sys.stdlib_module_names, "segmentation"}:
                result.add(f"{path} imports {library}")
        if (
            package in ("app_pages", "ui", "app")
            and SESSION_STATE.search(text)
            and not path.startswith(SESSION_STATE_IN)
        ):
            result.add(f"{path} touches session state")
        if CACHE.search(text) and not path.startswith(CACHES_IN):
            result.add(f"{path} has a cache")
        if package == "app_pages" and text.count("\n") > PAGE_LINES:
            result.add(f"{path} is longer than {PAGE_LINES} lines")
    result |= {f"import cycle: {', '.join(cycle)}" for cycle in find_cycles(build_import_graph(root))}
    folders = (*CODE, "tests", "benchmarks")
    for file in (path for folder in folders for path in (root / folder).rglob("*.py")):
        if file.read_text(encoding="utf-8").count("\n") > FILE_LINES:
            result.add(f"{file.relative_to(root).as_posix()} is longer than {FILE_LINES} lines")
    for folder in (*folders, "docs", "notebooks", "dbt"):
        for path in (root / folder).rglob("*"):
            if "__pycache__" not in path.parts and not NAME.fullmatch(path.name):
                result.add(f"{path.relative_to(root).as_posix()} has a name that not every tool can take")
    return sorted(result)


def test_project_keeps_its_rules() -> None:
    assert find_violations(ROOT) == []


def test_checker_reads_the_project() -> None:
    """It would also find nothing if it looked in the wrong place."""
    graph = build_import_graph(ROOT)
    assert {"segmentation.settings", "segmentation.clustering.kmeans.lloyd", "ui.data.results", "app"} <= graph.keys()
    assert "segmentation.errors" in graph["segmentation.settings"]


@pytest.mark.parametrize(
    ("path", "text", "complaint"),
    [
        ("segmentation/sales/a.py", "import segmentation.features", "imports segmentation.features"),
        ("segmentation/sales/a.py", "from segmentation import pipeline", "imports segmentation.pipeline"),
        ("segmentation/clustering/a.py", "def f():\n    from ui.state import undo", "imports ui.state.undo"),
        ("segmentation/clustering/a.py", "import importlib\nimportlib.import_module('streamlit')", "imports streamlit"),
        ("segmentation/charts/a.py", "from segmentation import results", "imports segmentation.results"),
        ("segmentation/segments/naming.py", "from sklearn.cluster import KMeans", "imports sklearn"),
        ("segmentation/export/a.py", "import joblib", "imports joblib"),
        ("segmentation/runs/save.py", "import pickle", "imports pickle"),
        ("segmentation/sales/duckdb.py", "import snowflake.connector", "imports snowflake"),
        ("segmentation/settings.py", "import numpy", "imports numpy"),
        ("segmentation/helpers.py", "", "has no row in the table"),
        ("ui/components/elements.py", "import plotly.graph_objects", "imports plotly"),
        ("ui/components/elements.py", "if TYPE_CHECKING:\n    pass\nelse:\n    import plotly", "imports plotly"),
        (
            "app_pages/data/overview.py",
            "from segmentation.pipeline import train",
            "imports segmentation.pipeline.train",
        ),
        ("app_pages/data/overview.py", "x = 1\n" * 101, "is longer than 100 lines"),
        ("ui/views/a.py", "import streamlit as st\nst.session_state['k'] = 4", "touches session state"),
        ("ui/views/a.py", "from streamlit import session_state", "touches session state"),
        ("ui/views/a.py", "import streamlit as st\n@st.cache_data\ndef f(): ...", "has a cache"),
        ("ui/views/a.py", "from ui.data import scoped_cache", "has a cache"),
        ("app.py", "from segmentation.pipeline import train", "imports segmentation.pipeline.train"),
        ("tests/test_a.py", "x = 1\n" * 301, "is longer than 300 lines"),
        ("app_pages/data/\N{BAR CHART}.py", "", "has a name that not every tool can take"),
    ],
)
def test_find_violations_names_a_broken_rule(tmp_path: Path, path: str, text: str, complaint: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    assert find_violations(tmp_path) == [f"{path} {complaint}"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (
            "segmentation/sales/a.py",
            "import duckdb\nfrom segmentation.sales import column_mapping\nimport segmentation",
        ),
        ("segmentation/clustering/a.py", "from sklearn.cluster import KMeans\nfrom segmentation.settings import K_MIN"),
        ("segmentation/pipeline.py", "from segmentation.sales.open_source import open_source"),
        ("ui/data/results.py", "import streamlit\nfrom segmentation import pipeline"),
        ("ui/state/undo.py", "import streamlit as st\nst.session_state['k'] = 4"),
        ("ui/components/elements.py", "if TYPE_CHECKING:\n    import plotly.graph_objects as go"),
        ("app_pages/data/overview.py", "import streamlit\nfrom ui.state import undo\nfrom segmentation import charts"),
        ("app.py", "import streamlit\nfrom ui.sidebar import sidebar"),
    ],
)
def test_find_violations_accepts_what_is_allowed(tmp_path: Path, path: str, text: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    assert find_violations(tmp_path) == []


def test_find_violations_names_an_import_cycle(tmp_path: Path) -> None:
    package = tmp_path / "segmentation/sales"
    package.mkdir(parents=True)
    (package / "a.py").write_text("from segmentation.sales import b")
    (package / "b.py").write_text("def f():\n    from segmentation.sales.a import x")
    (package / "c.py").write_text("from segmentation.sales import a")
    assert find_violations(tmp_path) == ["import cycle: segmentation.sales.a, segmentation.sales.b"]
