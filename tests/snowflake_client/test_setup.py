"""docs/snowflake_setup.sql can be run from top to bottom; test_acceptance.py runs it and walks with its roles."""

from __future__ import annotations

import sqlglot

from tests.snowflake_client.local import read_setup_statements


def test_setup_script_creates_before_it_uses() -> None:
    """Every role, user, schema, rule and policy is created above the first statement that names it."""
    statements = read_setup_statements()
    assert len(sqlglot.parse(";".join(statements), read="snowflake")) == len(statements) > 30
    created: set[str] = set()
    for statement in statements:
        words = statement.replace("(", " ").replace(")", " ").replace("'", " ").split()
        if words[0] == "CREATE":
            at = next(number for number, word in enumerate(words) if word == "EXISTS") + 1
            created.add(words[at].rpartition(".")[2])
        named = {word.rstrip(",").rpartition(".")[2] for word in words}
        assert {name for name in named if name.startswith("SEGMENTS_")} <= created, statement
    assert "SEGMENTS_POLICY" in created
