"""Figures of the code base at a revision: python benchmarks/code_figures.py bb284b0 HEAD (default: HEAD).

Counts segmentation/, ui/, app_pages/ (formerly pages/) and app.py, and `fmt: skip` with tests/ and benchmarks/ too.
"""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator

VERBS = frozenset(
    """
    abandon accept accumulate acquire add adjust adopt advise aggregate align allow annotate announce apply
    ask assert assess assign attach average balance batch begin bind block bootstrap bound break build bundle
    cache call cancel cast center change check choose classify clean clear clip close cluster coerce collect
    combine compare compile complete compose compute concat configure confirm connect consume contain continue
    convert copy correct correlate count create cut decide decode decompress deduct define delete derive
    describe detect diff disable discard discount divide download drain draw drop dump emit enable encode end
    ensure enter enumerate escape estimate evaluate exchange exclude execute exempt exit expand explain export
    extract fade fall fetch fill filter find finish fit flag flatten flip fold follow forecast forget format
    free freeze gather generate get give go group guess halve handle has hash hold humanize identify index
    infer init insert install integrate interpolate interrupt invalidate invert is iter join keep kill label
    launch leave limit link list load localize locate lock log look lower make map mark match materialize
    measure merge migrate minimize mix move multiply name need normalize note null number offer open order
    pack pad parse patch perturb pick place plan plot pluralize polish poll pop predict prepare prepend
    preview print probe profile project prune publish purge push put quantize query quote raise rank read
    rebuild recognize recommend reconcile record recover redact redirect redo reduce refine refit refresh
    refuse register reject release reload relocate remember remove rename render reopen reorder replace report
    require rerun resample reserve reset resolve restore restrict retain retrain retry return reuse revise
    rewrite roll rollback rotate round run sample save scale scan score search seed select send serve set
    share shorten show shuffle shut simplify simulate skip slice slugify sort spill split spool spread square
    stack stage standardize start stop store strip studentize submit subtract suggest sum summarize survey
    swap sweep tabulate take test to tokenize touch track train transform translate trim truncate try tune
    undo unescape unify unite unlink unpack unquote update upload use validate verify visit wait walk warm
    warn watch weigh wrap write yield
    """.split()  # noqa: SIM905 - a list of words is easier to extend
)
CODE = ("segmentation/", "ui/", "pages/", "app_pages/", "app.py")


def run_git(*arguments: str) -> str:
    """Standard output of a git command."""
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout


def iter_sources(revision: str, folders: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Path and text of each Python file of a revision below some folders."""
    listing = subprocess.run(
        ["git", "ls-tree", "-r", "--name-only", revision], capture_output=True, text=True, check=True
    )
    for path in listing.stdout.splitlines():
        if path.endswith(".py") and path.startswith(folders):
            yield path, run_git("show", f"{revision}:{path}")


def is_docstring(node: ast.stmt) -> bool:
    """Whether a statement is a bare string: the docstring of a module, class, function or attribute."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def is_property(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function is read like a field."""
    return any("property" in ast.unparse(decorator) for decorator in node.decorator_list)


def find_cycles(sources: dict[str, str]) -> int:
    """Number of import cycles between files (strongly connected components), deferred imports included."""
    modules = {re.sub(r"(/__init__)?\.py$", "", path).replace("/", "."): path for path in sources}
    imports: dict[str, set[str]] = {}
    for name, path in modules.items():
        targets = set()
        for node in ast.walk(ast.parse(sources[path])):
            if isinstance(node, ast.ImportFrom) and node.module:
                names = {f"{node.module}.{alias.name}" for alias in node.names}
                targets |= names if names <= modules.keys() else {node.module, *names}
            elif isinstance(node, ast.Import):
                targets |= {alias.name for alias in node.names}
        imports[name] = {target for target in targets if target in modules and target != name}

    def reach(start: str) -> frozenset[str]:
        seen: set[str] = set()
        stack = [*imports[start]]
        while stack:
            name = stack.pop()
            if name not in seen:
                seen.add(name)
                stack += imports[name]
        return frozenset(seen)

    reachable = {name: reach(name) for name in imports}
    cycles = {
        frozenset(other for other in reachable[name] if name in reachable[other])
        for name in imports
        if name in reachable[name]
    }
    return len(cycles)


def measure(revision: str) -> dict[str, str]:
    """Name of each figure -> its value."""
    sources = dict(iter_sources(revision, CODE))
    names, public, statements, comments, lines = [], [], 0, 0, 0
    for text in sources.values():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.stmt) and not is_docstring(node):
                statements += 1
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("__"):
                if not is_property(node):
                    names.append(node.name.strip("_"))
                if not node.name.startswith("_"):
                    public.append(node.name)
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        comments += sum(
            token.type == tokenize.COMMENT and not re.match(r"# (type:|noqa|fmt:)", token.string) for token in tokens
        )
        lines += text.count("\n")
    everything = dict(iter_sources(revision, (*CODE, "tests/", "benchmarks/")))
    skips = sum(len(re.findall(r"#\s*fmt: skip", text)) for text in everything.values())
    return {
        "functions that begin with a verb": f"{sum(name.split('_')[0] in VERBS for name in names) / len(names):.0%}",
        "one-word public function names": f"{sum('_' not in name for name in public) / len(public):.0%}",
        "mean length of a public function name": f"{sum(map(len, public)) / len(public):.1f}",
        "comments per 1,000 lines": f"{1000 * comments / lines:.0f}",
        "`fmt: skip`, with tests": str(skips),
        "import cycles between files": str(find_cycles(sources)),
        "statements without docstrings": f"{statements:,}",
        "files": str(len(sources)),
    }


def main() -> None:
    """Print the figures of one or more revisions as a table."""
    revisions = sys.argv[1:] or ["HEAD"]
    columns = [measure(revision) for revision in revisions]
    print("| | " + " | ".join(revisions) + " |")
    print("|---|" + "---|" * len(revisions))
    for name in columns[0]:
        print(f"| {name} | " + " | ".join(column[name] for column in columns) + " |")


if __name__ == "__main__":
    main()
