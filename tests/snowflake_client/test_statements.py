"""Every statement of a walk through the product, against Snowflake's grammar, its functions and a golden file.

A change of a statement is made on purpose: `make test ARGS="tests/snowflake_client/test_statements.py
--update-statements"` writes statements.sql anew; its diff is part of the change.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from segmentation import pipeline
from segmentation.__main__ import main
from segmentation.analysis import sales_queries
from segmentation.export.reserved_keywords import RESERVED_KEYWORDS
from segmentation.snowflake_client.session import close_sessions
from tests.snowflake_client import local, normalize
from tests.snowflake_client.local import DATABASE, Server
from tests.snowflake_client.test_read_only import SMALL, read_everything, segment

GOLDEN = Path(__file__).with_name("statements.sql")
FUNCTIONS = Path(__file__).with_name("functions.txt")
MAX_CHARACTERS = 200_000


@pytest.fixture(scope="module")
def walk(snowflake_server: Server, shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """What is asked from the check of the connection to the published run."""
    folder = tmp_path_factory.mktemp("walk")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in local.settings_for(snowflake_server.port).items():
            patch.setenv(name, value)
        patch.setenv("SNOWFLAKE_HOME", str(folder))
        patch.chdir(folder)
        snowflake_server.load(pd.read_parquet(shop), folder)
        local.drop_results()
        snowflake_server.statements()
        source, run = "snowflake:", ["--run", str(folder / "models")]
        main(["check", "--source", source])
        main(["train", "--source", source, "--out", str(folder / "models"), "--k", "4", "--quick"])
        main(["train", "--source", source, "--out", str(folder / "big"), "--sample-above", str(SMALL), "--quick"])
        main(["score", *run, "--source", source, "--out", str(folder / "list.csv")])
        for settings in ({}, {"scaling": "ranks"}, {"sample_above": SMALL}):
            found = segment(source, **settings)
            read_everything(found)
            pipeline.list_categories(found.training.table)
            pipeline.build_segmentation(found.training, 4, exact=False)
            sales_queries.fetch_rejected_lines(found.training.table)
        main(["publish", *run, "--to", f"snowflake:{DATABASE}.WALKED"])
        yield [statement["text"] for statement in snowflake_server.statements()]
    close_sessions()


def test_statements_are_understood(walk: list[str]) -> None:
    """By sqlglot's Snowflake dialect, with documented functions, no reserved word as a name, and below the limit."""
    known = set(FUNCTIONS.read_text().split())
    assert max(map(len, walk)) < MAX_CHARACTERS
    for text in walk:
        assert normalize.find_functions(text) <= known, text[:2_000]
        assert not RESERVED_KEYWORDS & set(normalize.find_unquoted_names(text)), text[:2_000]


def test_statements_are_those_of_the_golden_file(walk: list[str], request: pytest.FixtureRequest) -> None:
    golden = normalize.to_golden(walk)
    if request.config.getoption("--update-statements"):
        GOLDEN.write_text(golden, encoding="utf-8")
    before, now = (set(text.split("\n;\n")) for text in (GOLDEN.read_text(encoding="utf-8").strip(), golden.strip()))
    assert {"new": sorted(now - before), "gone": sorted(before - now)} == {"new": [], "gone": []}, __doc__
