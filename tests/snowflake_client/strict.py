"""What an account refuses and the translation to DuckDB would let pass: see the documentation named at each rule.

Grants are those of the account (account.py). A session without a role may do everything, within the other rules.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import sqlglot
from account import ADMINISTRATORS, NAME, Account, Name, Refusal, split_name, unknown
from sqlglot import exp

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from segmentation.export.reserved_keywords import RESERVED_KEYWORDS

MAX_CHARACTERS = 200_000
"""Snowflake takes 1 MB ("Query size limits"); the product promises less."""
DEFAULT_TIME_ZONE = "America/Los_Angeles"
"""Of a session whose account, user and connection set no other ("Parameters", TIMEZONE)."""
_CREATE = re.compile(
    r"CREATE\s+(?:OR\s+REPLACE\s+)?(?P<modifiers>(?:(?:LOCAL|GLOBAL|TEMP|TEMPORARY|TRANSIENT|VOLATILE|SCOPED|SECURE)\s+)*)"
    rf"(?P<kind>DYNAMIC\s+TABLE|TABLE|VIEW|SCHEMA|STAGE|FILE\s+FORMAT|DATABASE)\s+(?P<guard>IF\s+NOT\s+EXISTS\s+)?(?P<name>{NAME})",
    re.IGNORECASE,
)
_WRITE = re.compile(
    r"(?P<action>INSERT\s+(?:OVERWRITE\s+)?INTO|DELETE\s+FROM|UPDATE|MERGE\s+INTO|TRUNCATE\s+(?:TABLE\s+)?(?:IF\s+EXISTS\s+)?"
    rf"|COPY\s+INTO)\s+(?P<name>{NAME})",
    re.IGNORECASE,
)
_CHANGE = re.compile(
    rf"(?P<action>ALTER|DROP)\s+(?P<kind>DYNAMIC\s+TABLE|TABLE|VIEW|SCHEMA|STAGE|DATABASE)\s+(?P<guard>IF\s+EXISTS\s+)?"
    rf"(?P<name>{NAME})",
    re.IGNORECASE,
)
_PARTS = {"DATABASE": 1, "SCHEMA": 2}
"""Kind of object -> the parts of its name, if not three."""
_DDL = re.compile(r"(CREATE|ALTER\s+(?!SESSION)|DROP|TRUNCATE|GRANT|REVOKE|COMMENT|UNDROP)\b", re.IGNORECASE)
_QUOTED = re.compile(r"'(?:[^'\\]|''|\\.)*'|\"(?:[^\"]|\"\")*\"|--[^\n]*")
_INFORMATION = re.compile(
    r"(?P<database>\"[^\"]+\"|\w+)\.\"?INFORMATION_SCHEMA\"?\.\"?(?P<view>TABLES|COLUMNS|SCHEMATA)\"?", re.IGNORECASE
)
_USED_AS_NAME = re.compile(r"(?:\.|\bAS\s+|\b(?:FROM|JOIN)\s+)([A-Za-z_]+)\b(?!\s*\()", re.IGNORECASE)
_AFTER_AS_OR_FROM = {"SELECT", "WITH", "VALUES", "LATERAL", "TABLE"}
_PRIVILEGES = {
    "INSERT": "INSERT",
    "DELETE": "DELETE",
    "UPDATE": "UPDATE",
    "MERGE": "INSERT",
    "TRUNCATE": "TRUNCATE",
    "COPY": "INSERT",
}


@dataclass
class ServerSession:
    """One session of the server."""

    role: str = ""
    warehouse: str = ""
    tag: str = ""
    database: str = ""
    schema: str = ""
    in_transaction: bool = False

    def qualify(self, text: str, parts: int = 3) -> Name:
        """A name with the database and schema of the session, as far as they are missing."""
        name = split_name(text)
        prefix = (self.database, self.schema)[: parts - 1]
        return (*prefix[: max(0, parts - len(name))], *name)


def check_statement(account: Account, session: ServerSession, text: str) -> Refusal | None:
    """The error that Snowflake would answer a statement with; None if it would carry it out."""
    text = text.strip()
    if len(text) > MAX_CHARACTERS:
        return Refusal("000603", f"SQL compilation error: query of {len(text):,} characters is too long.")
    if word := find_reserved_word(text):
        return Refusal("001003", f"SQL compilation error:\nsyntax error line 1 unexpected '{word}'.")
    refusal = _check_imported(account, session, text)
    if refusal or account.find_roles(session.role) & ADMINISTRATORS:
        return refusal
    return _check_target(account, session, text) or _check_reads(account, session, text)


def record_statement(account: Account, session: ServerSession, text: str) -> None:
    """Note what a statement has changed: objects with their owners and grants, and the transaction."""
    if match := _CREATE.match(text):
        kind = " ".join(match["kind"].upper().split())
        name = session.qualify(match["name"], _PARTS.get(kind, 3))
        keeps_grants = re.search(r"\bCOPY\s+GRANTS\b", text, re.IGNORECASE) and name in account.owners
        if not (match["guard"] and name in account.owners) and not keeps_grants:
            account.add_object(name, kind, session.role or "ACCOUNTADMIN")
    elif (match := _CHANGE.match(text)) and match["action"].upper() == "DROP":
        account.remove_object(session.qualify(match["name"], _PARTS.get(match["kind"].upper(), 3)))
    if re.match(r"BEGIN|START\s+TRANSACTION", text, re.IGNORECASE):
        session.in_transaction = True
    elif re.match(r"COMMIT|ROLLBACK", text, re.IGNORECASE):
        session.in_transaction = False


def hide_from_role(account: Account, session: ServerSession, text: str) -> str:
    """A statement that finds in INFORMATION_SCHEMA what the role may know of, and no more ("Information Schema")."""
    if account.find_roles(session.role) & ADMINISTRATORS:
        return text

    def restrict(match: re.Match[str]) -> str:
        if session.qualify(match["database"], 1)[0] in account.imported:
            return match[0]
        of_schema = match["view"].upper() == "SCHEMATA"
        visible = account.find_visible(session.role, "SCHEMA" if of_schema else "TABLE")
        column = "schema_name" if of_schema else "table_schema || '.' || table_name"
        names = ", ".join("'" + ".".join(name[1:]).replace("'", "''") + "'" for name in visible) or "''"
        return f"(SELECT * FROM {match[0]} WHERE {column} IN ({names})) AS {match['view'].lower()}"

    return _INFORMATION.sub(restrict, text)


def commits_first(session: ServerSession, text: str) -> bool:
    """Whether a statement commits the open transaction before it begins, as DDL does ("Transactions")."""
    return session.in_transaction and _DDL.match(text) is not None


def find_reserved_word(text: str) -> str:
    """A reserved word that is used as an unquoted name; empty if there is none."""
    plain = _QUOTED.sub("x", text)
    words = (match[1].upper() for match in _USED_AS_NAME.finditer(plain))
    return next((word for word in words if word in RESERVED_KEYWORDS - _AFTER_AS_OR_FROM), "")


def _check_imported(account: Account, session: ServerSession, text: str) -> Refusal | None:
    """An imported database takes no objects, temporary ones included ("Consume imported data")."""
    match = _CREATE.match(text) or _WRITE.match(text) or _CHANGE.match(text)
    if (
        match
        and session.qualify(match["name"], 2 if "SCHEMA" in match[0].upper().split()[:3] else 3)[0] in account.imported
    ):
        return Refusal("003001", "SQL access control error:\nCreating objects in a shared database is not allowed.")
    return None


def _check_target(account: Account, session: ServerSession, text: str) -> Refusal | None:
    """Privileges on the object that a statement makes or changes ("Access control privileges")."""
    if match := _CREATE.match(text):
        kind = " ".join(match["kind"].upper().split())
        name = session.qualify(match["name"], _PARTS.get(kind, 3))
        is_exempt = kind in {"TABLE", "STAGE"} and "TEMP" in match["modifiers"].upper()
        above = {"DATABASE": "ACCOUNT", "SCHEMA": "DATABASE"}.get(kind, "SCHEMA")
        if not is_exempt and not account.may(session.role, f"CREATE {kind}", above, name[:-1]):
            return _insufficient(above, name[:-1])
        refreshed_by = re.search(rf"\bWAREHOUSE\s*=\s*({NAME})", text, re.IGNORECASE) if "DYNAMIC" in kind else None
        if refreshed_by and not account.may(session.role, "USAGE", "WAREHOUSE", split_name(refreshed_by[1])):
            return unknown("Warehouse", refreshed_by[1])
        return _check_usage(account, session, name)
    if match := _WRITE.match(text):
        name = session.qualify(match["name"])
        privilege = _PRIVILEGES[match["action"].split()[0].upper()]
        if usage := _check_usage(account, session, name):
            return usage
        return None if account.may(session.role, privilege, "TABLE", name) else _insufficient("TABLE", name)
    if match := _CHANGE.match(text):
        kind = match["kind"].upper()
        name = session.qualify(match["name"], _PARTS.get(kind, 3))
        if usage := _check_usage(account, session, name):
            return usage
        if match["guard"] and name not in account.owners:  # there is nothing to change
            return None
        return None if account.may(session.role, "OWNERSHIP", kind, name) else _insufficient(kind, name)
    return None


def _check_reads(account: Account, session: ServerSession, text: str) -> Refusal | None:
    """SELECT on what a statement reads, USAGE on what it is in, and a warehouse that it may use."""
    tables = _find_tables(text)
    for table in tables:
        name = session.qualify(table)
        if name[1] == "INFORMATION_SCHEMA":
            if not account.may(session.role, "USAGE", "DATABASE", name[:1]):
                return unknown("Database", name[0])
            continue
        if usage := _check_usage(account, session, name):
            return usage
        if not account.may(session.role, "SELECT", "TABLE", name):
            return unknown("Object", ".".join(name))
    if tables and not account.may(session.role, "USAGE", "WAREHOUSE", (session.warehouse,)):
        return Refusal("000606", "No active warehouse selected in the current session.")
    return None


def _check_usage(account: Account, session: ServerSession, name: Name) -> Refusal | None:
    for kind, part in (("DATABASE", name[:1]), ("SCHEMA", name[:2])):
        if len(name) > len(part) and not account.may(session.role, "USAGE", kind, part):
            return unknown(kind.title(), ".".join(part))
    return None


def _insufficient(kind: str, name: Name) -> Refusal:
    what = f"{kind.lower()} '{'.'.join(name)}'"
    return Refusal("003001", f"SQL access control error:\nInsufficient privileges to operate on {what}.")


@lru_cache(maxsize=512)
def _find_tables(text: str) -> tuple[str, ...]:
    """The tables that a statement reads, as written."""
    if not re.match(r"SELECT|WITH|INSERT|CREATE|MERGE|DELETE|UPDATE", text, re.IGNORECASE):
        return ()
    parsed = sqlglot.parse_one(text, read="snowflake")
    names = {cte.alias for cte in parsed.find_all(exp.CTE)}
    written = (
        parsed.this.find(exp.Table)
        if isinstance(parsed, exp.Create | exp.Insert | exp.Merge | exp.Delete | exp.Update)
        else None
    )
    return tuple(
        ".".join(part.sql("snowflake") for part in table.parts)
        for table in parsed.find_all(exp.Table)
        if table is not written and isinstance(table.this, exp.Identifier) and (table.db or table.name not in names)
    )
