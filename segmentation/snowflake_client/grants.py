"""Which privileges a role has: from SHOW GRANTS, so that nothing has to be created to find out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from segmentation.errors import SegmentationError
from segmentation.runtime.sql_identifiers import Name, parse_name, quote_name
from segmentation.snowflake_client.session import Session

_PRIVILEGE, _KIND, _NAME = 1, 2, 3  # columns of SHOW GRANTS TO ROLE
_KINDS = {"DATABASE", "SCHEMA", "TABLE", "VIEW", "DYNAMIC_TABLE", "MATERIALIZED_VIEW", "WAREHOUSE", "ROLE"}
_TABLE_KINDS = {"VIEW", "DYNAMIC_TABLE", "MATERIALIZED_VIEW"}


@dataclass(frozen=True)
class Privilege:
    """A privilege on an object."""

    action: str
    """For example SELECT or CREATE TABLE."""
    kind: str
    """DATABASE, SCHEMA, TABLE (or view), WAREHOUSE or ROLE."""
    name: Name

    def to_grant(self, role: str) -> str:
        """The statement that an administrator would run.

        >>> Privilege("CREATE TABLE", "SCHEMA", ("SALES", "ML_RESULTS")).to_grant("WRITER")
        'GRANT CREATE TABLE ON SCHEMA "SALES"."ML_RESULTS" TO ROLE "WRITER";'
        """
        return f"GRANT {self.action} ON {self.kind} {quote_name(self.name)} TO ROLE {quote_name((role,))};"


def fetch_privileges(session: Session, role: str) -> set[Privilege]:
    """The privileges of a role and of the roles granted to it, if this session may list those.

    Raises:
        SourceError: the privileges of the role itself cannot be listed.
    """
    found: set[Privilege] = set()
    seen, open_roles = set[str](), [role, "PUBLIC"]
    while open_roles:
        current = open_roles.pop()
        if current in seen:
            continue
        seen.add(current)
        try:
            rows = session.fetch_rows(f"SHOW GRANTS TO ROLE {quote_name((current,))}")
        except SegmentationError:
            if current == role:
                raise
            continue
        privileges = {
            Privilege(str(row[_PRIVILEGE]), _normalize_kind(str(row[_KIND])), parse_name(str(row[_NAME]), "snowflake"))
            for row in rows
            if row[_KIND] in _KINDS
        }
        found |= privileges
        open_roles += [privilege.name[-1] for privilege in privileges if privilege.kind == "ROLE"]
    return found


def find_missing_privileges(needed: Iterable[Privilege], granted: set[Privilege]) -> list[Privilege]:
    """Those of `needed` that are not granted; the owner of an object has all privileges on it."""
    return [
        privilege
        for privilege in needed
        if privilege not in granted and Privilege("OWNERSHIP", privilege.kind, privilege.name) not in granted
    ]


def _normalize_kind(kind: str) -> str:
    return "TABLE" if kind in _TABLE_KINDS else kind
