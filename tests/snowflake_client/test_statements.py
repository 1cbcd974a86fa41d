"""Every statement of a walk through the product, against Snowflake's grammar, its functions and a golden file.

The pages only read, and show the figures of a file.

A change of a statement is made on purpose: `make test ARGS="tests/snowflake_client/test_statements.py
--update-statements"` writes statements.sql anew; its diff is part of the change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from segmentation import pipeline
from segmentation.__main__ import main
from segmentation.analysis import sales_queries
from segmentation.export.reserved_keywords import RESERVED_KEYWORDS
from segmentation.snowflake_client.session import close_sessions
from tests.snowflake_client import local, normalize
from tests.snowflake_client.local import DATABASE, Server
from tests.snowflake_client.page_reads import SMALL, read_everything, segment

GOLDEN = Path(__file__).with_name("statements.sql")
FUNCTIONS = Path(__file__).with_name("functions.txt")
MAX_CHARACTERS = 200_000
READS = re.compile(r"\s*(SELECT|WITH|SHOW|DESCRIBE)\b")
CASES: dict[str, dict[str, Any]] = {"log": {}, "ranks": {"scaling": "ranks"}, "big": {"sample_above": SMALL}}


@dataclass(frozen=True)
class Walk:
    """What a walk asked for and found."""

    statements: list[str]
    """From the check of the connection to the published run."""
    of_pages: list[str]
    """Those of the pages."""
    pages: dict[str, dict[str, Any]]
    """What the pages show, by case."""


@pytest.fixture(scope="module")
def walk(snowflake_server: Server, shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    """A walk from the check of the connection to the published run."""
    folder = tmp_path_factory.mktemp("walk")

    def take_statements() -> list[str]:
        return [statement["text"] for statement in snowflake_server.statements()]

    with pytest.MonkeyPatch.context() as patch:
        for name, value in local.settings_for(snowflake_server.port).items():
            patch.setenv(name, value)
        patch.setenv("SNOWFLAKE_HOME", str(folder))
        patch.chdir(folder)
        snowflake_server.load(pd.read_parquet(shop), folder)
        local.drop_results()
        take_statements()
        source, run = "snowflake:", ["--run", str(folder / "models")]
        main(["check", "--source", source])
        main(["train", "--source", source, "--out", str(folder / "models"), "--k", "4", "--quick"])
        main(["train", "--source", source, "--out", str(folder / "big"), "--sample-above", str(SMALL), "--quick"])
        main(["score", *run, "--source", source, "--out", str(folder / "list.csv")])
        main(["publish", *run, "--to", f"snowflake:{DATABASE}.WALKED"])
        of_commands, pages = take_statements(), {}
        for case, settings in CASES.items():
            if settings:  # the segments of the customers are sent within a statement, or not at all
                patch.setattr("segmentation.sales.inline_tables.MAX_INLINE_ROWS", SMALL)
            found = segment(source, **settings)
            pages[case] = read_everything(found)
            pipeline.list_categories(found.training.table)
            pipeline.build_segmentation(found.training, 4, exact=False)
            sales_queries.fetch_rejected_lines(found.training.table)
        of_pages = take_statements()
        yield Walk(of_commands + of_pages, of_pages, pages)
    close_sessions()


@pytest.fixture(scope="module")
def from_file(shop: Path) -> dict[str, dict[str, Any]]:
    """What the pages show of the same sales in a file, by scaling."""
    return {scaling: read_everything(segment(str(shop), scaling=scaling)) for scaling in ("log", "ranks")}


def test_pages_only_read(walk: Walk) -> None:
    """Reading needs USAGE and SELECT only."""
    assert [text for text in walk.of_pages if not READS.match(text)] == []


@pytest.mark.parametrize("case", CASES)
def test_pages_show_the_figures_of_a_file(walk: Walk, from_file: dict[str, dict[str, Any]], case: str) -> None:
    for name, expected in from_file["ranks" if case == "ranks" else "log"].items():
        if expected is not None:
            found = walk.pages[case][name]
            columns = [column for column in expected if column in found]
            pd.testing.assert_frame_equal(
                found[columns], expected[columns], check_dtype=False, rtol=1e-9, atol=1e-6, obj=name
            )


def test_statements_are_understood(walk: Walk) -> None:
    """By sqlglot's Snowflake dialect, with documented functions, no reserved word as a name, and below the limit."""
    known = set(FUNCTIONS.read_text().split())
    assert max(map(len, walk.statements)) < MAX_CHARACTERS
    for text in set(walk.statements):
        assert normalize.find_functions(text) <= known, text[:2_000]
        assert not RESERVED_KEYWORDS & set(normalize.find_unquoted_names(text)), text[:2_000]


def test_statements_are_those_of_the_golden_file(walk: Walk, request: pytest.FixtureRequest) -> None:
    golden = normalize.to_golden(walk.statements)
    if request.config.getoption("--update-statements"):
        GOLDEN.write_text(golden, encoding="utf-8")
    before, now = (set(text.split("\n;\n")) for text in (GOLDEN.read_text(encoding="utf-8").strip(), golden.strip()))
    assert {"new": sorted(now - before), "gone": sorted(before - now)} == {"new": [], "gone": []}, __doc__
