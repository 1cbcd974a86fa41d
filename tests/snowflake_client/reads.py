"""Counts how often statements read the sales table, by what a user does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.snowflake_client.local import Server

_READ = re.compile(r'\b(?:FROM|JOIN)\s+(?:"?\w+"?\.)*"?FCT_SALES"?(?!\w)', re.IGNORECASE)
_DESCRIPTION = re.compile(r'SELECT \* FROM (?:"?\w+"?\.)*"?\w+"?', re.IGNORECASE)
"""The statement whose columns are described; it is never run."""


@dataclass
class Reads:
    """The statements of one step that read the sales table."""

    statements: list[str] = field(default_factory=list)
    """Every statement, also of other tables."""

    @property
    def of_sales(self) -> list[str]:
        """Statements that scan the sales table; columns are described and versions asked for without a scan."""
        return [text for text in self.statements if _READ.search(text) and not _DESCRIPTION.fullmatch(text.strip())]

    def __len__(self) -> int:
        return len(self.of_sales)


@contextmanager
def count_reads(server: Server) -> Iterator[Reads]:
    """Collect the statements that the body causes."""
    server.statements()
    reads = Reads()
    yield reads
    reads.statements += [statement["text"] for statement in server.statements()]
