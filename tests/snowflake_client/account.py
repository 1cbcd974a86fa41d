"""Roles, users and grants of the local server's account, filled by the statements that an administrator would run."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

Name: TypeAlias = tuple[str, ...]
"""Parts in the case that Snowflake stores."""
ADMINISTRATORS = {"", "ACCOUNTADMIN", "SECURITYADMIN", "SYSADMIN", "USERADMIN"}
"""They may do everything; so may a session without a role, as of a user whose default role is an administrator's."""
NAME = r'(?:"(?:[^"]|"")+"|[\w$]+)(?:\.(?:"(?:[^"]|"")+"|[\w$]+)){0,2}'
_GRANT = re.compile(
    rf"(GRANT|REVOKE)\s+(?P<privileges>[\w\s,]+?)\s+ON\s+(?P<every>ALL|FUTURE)?\s*"
    rf"(?P<kind>[A-Z ]+?)\s+(?:IN\s+(?:SCHEMA|DATABASE)\s+)?(?P<name>{NAME})"
    rf"\s+(?:TO|FROM)\s+(?:ROLE\s+)?(?P<role>{NAME})",
    re.IGNORECASE,
)
_GRANT_ROLE = re.compile(
    rf"(GRANT|REVOKE)\s+ROLE\s+(?P<role>{NAME})\s+(?:TO|FROM)\s+(?P<kind>ROLE|USER)\s+(?P<to>{NAME})", re.IGNORECASE
)
_ACCOUNT_OBJECTS = (
    r"ROLE|USER|WAREHOUSE|COMPUTE\s+POOL|NETWORK\s+(?:POLICY|RULE)|AUTHENTICATION\s+POLICY|RESOURCE\s+MONITOR|"
    r"(?:EXTERNAL\s+ACCESS|SECURITY|API|STORAGE)\s+INTEGRATION"
)
_ADMINISTRATION = re.compile(
    rf"(CREATE|ALTER|DROP)\s+(?:OR\s+REPLACE\s+)?(?P<kind>{_ACCOUNT_OBJECTS})\s+(?P<guard>IF\s+(?:NOT\s+)?EXISTS\s+)?"
    rf"(?P<name>{NAME})",
    re.IGNORECASE,
)
_TABLE_LIKE = {"VIEW": "TABLE", "DYNAMIC TABLE": "TABLE"}
"""A privilege on a view or dynamic table is kept as one on a table: they share their names."""
_ACCOUNT_KINDS = {"WAREHOUSE", "COMPUTE POOL", "INTEGRATION"}


class Refusal(NamedTuple):
    """An error as Snowflake answers it."""

    code: str
    message: str


def unknown(what: str, name: str) -> Refusal:
    """The error for what is not there, or what the role may not know of."""
    return Refusal("002003", f"SQL compilation error:\n{what} '{name}' does not exist or not authorized.")


def split_name(text: str) -> Name:
    """The parts of a name; unquoted ones in upper case."""
    parts = re.findall(r'"(?:[^"]|"")+"|[\w$]+', text)
    return tuple(part[1:-1].replace('""', '"') if part.startswith('"') else part.upper() for part in parts)


@dataclass
class Account:
    """Who may do what."""

    roles: set[str] = field(default_factory=lambda: {*ADMINISTRATORS, "PUBLIC"})
    known: set[tuple[str, str]] = field(default_factory=set)
    """(kind, name) of account objects."""
    granted: dict[str, set[tuple[str, str, Name]]] = field(default_factory=lambda: defaultdict(set))
    """Role -> (privilege, kind of object, its name)."""
    future: set[tuple[str, str, str, Name]] = field(default_factory=set)
    """(role, privilege, kind, schema or database) of what is granted on objects as they are created."""
    inherited: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Role or `user NAME` -> the roles granted to it."""
    default_roles: dict[str, str] = field(default_factory=dict)
    owners: dict[Name, str] = field(default_factory=dict)
    kinds: dict[Name, str] = field(default_factory=dict)
    """DATABASE, SCHEMA, TABLE, VIEW, DYNAMIC TABLE, ... of what has an owner."""
    imported: set[str] = field(default_factory=set)
    """Databases that were created from a share."""

    def choose_role(self, user: str, requested: str) -> str | Refusal:
        """The role of a new session; one who was made here may take the roles granted to them only."""
        name = user.strip('"').upper()
        role = split_name(requested)[0] if requested else self.default_roles.get(name, "")
        may_take = ("USER", name) not in self.known or role in {"", *self.find_roles(f"user {name}")}
        if role not in self.roles or not may_take:
            return Refusal("390189", f"Role '{role}' specified in the connect string does not exist or not authorized.")
        return role

    def find_roles(self, role: str) -> set[str]:
        """A role and those granted to it, directly or not."""
        found, open_roles = set[str](), [role]
        while open_roles:
            current = open_roles.pop()
            if current not in found:
                found.add(current)
                open_roles += self.inherited[current]
        return found | {"PUBLIC"}

    def may(self, role: str, privilege: str, kind: str, name: Name) -> bool:
        """Whether a role has a privilege on an object, by a grant or as its owner."""
        roles = self.find_roles(role)
        if roles & ADMINISTRATORS or self.owners.get(name) in roles:
            return True
        grants = set[tuple[str, str, Name]]().union(*(self.granted[one] for one in roles))
        every: list[tuple[str, str, Name]] = []
        if kind in {"TABLE", "SCHEMA"} and name[0] in self.imported and privilege in {"USAGE", "SELECT"}:
            every.append(("IMPORTED PRIVILEGES", "DATABASE", name[:1]))
        if kind == "DATABASE" and privilege == "USAGE":
            every.append(("IMPORTED PRIVILEGES", "DATABASE", name))
        alternatives = [(one, kind, name) for one in (privilege, "ALL", "ALL PRIVILEGES", "OWNERSHIP")]
        return any(grant in grants for grant in (*alternatives, *every))

    def list_grants(self, role: str, schemas: list[Name]) -> list[tuple[str, str, str]]:
        """Privilege, kind and name, as SHOW GRANTS TO ROLE lists them; administrators own the `schemas`."""
        quoted = {name: ".".join(f'"{part}"' for part in name) for name in {*schemas, *(one[:1] for one in schemas)}}
        if role in ADMINISTRATORS:
            owned = [("OWNERSHIP", ("DATABASE", "SCHEMA")[len(name) - 1], text) for name, text in quoted.items()]
            return [*owned, ("USAGE", "WAREHOUSE", "MARKETING_WH")]
        owned = [
            ("OWNERSHIP", self.kinds[name].replace(" ", "_"), ".".join(f'"{part}"' for part in name))
            for name, owner in self.owners.items()
            if owner == role
        ]
        granted = [
            (privilege, kind, ".".join(f'"{part}"' for part in name)) for privilege, kind, name in self.granted[role]
        ]
        return [*owned, *granted, *(("USAGE", "ROLE", one) for one in self.inherited[role])]

    def add_object(self, name: Name, kind: str, owner: str) -> None:
        """Note a new object, on which future grants hold; the grants on one that it replaces are gone."""
        self.remove_object(name)
        self.owners[name], self.kinds[name] = owner, kind
        for role, privilege, of, scope in self.future:
            if of == kind and name[: len(scope)] == scope:
                self.granted[role].add((privilege, _TABLE_LIKE.get(kind, kind), name))

    def remove_object(self, name: Name) -> None:
        """Forget an object and what is in it, with the grants on them."""
        for one in [one for one in self.owners if one[: len(name)] == name]:
            del self.owners[one], self.kinds[one]
        for grants in self.granted.values():
            grants -= {one for one in grants if one[2][: len(name)] == name and one[1] not in _ACCOUNT_KINDS}
        if len(name) < 3:
            self.future -= {one for one in self.future if one[3][: len(name)] == name}

    def find_visible(self, role: str, kind: str) -> set[Name]:
        """Schemas, or tables and views, that a role may know of: it has some privilege on them."""
        roles = self.find_roles(role)
        owned = {name for name, owner in self.owners.items() if owner in roles}
        named = {one[2] for of in roles for one in self.granted[of] if one[1] not in _ACCOUNT_KINDS}
        length = 2 if kind == "SCHEMA" else 3
        return {name for name in owned | named if len(name) == length}

    def administer(self, role: str, text: str) -> Refusal | bool:
        """Carry out a statement about roles, users, grants and other account objects; False: it is another one."""
        for pattern, carry_out in (
            (_GRANT_ROLE, self._grant_role),
            (_GRANT, self._grant),
            (_ADMINISTRATION, self._change),
        ):
            if match := pattern.match(text):
                if role not in ADMINISTRATORS:
                    return Refusal(
                        "003001", "SQL access control error:\nInsufficient privileges to operate on account."
                    )
                return carry_out(match) or True
        return False

    def _grant_role(self, match: re.Match[str]) -> Refusal | None:
        role, to, kind = split_name(match["role"])[0], split_name(match["to"])[0], match["kind"].upper()
        if role not in self.roles:
            return unknown("Role", role)
        if (kind == "ROLE" and to not in self.roles) or (kind == "USER" and ("USER", to) not in self.known):
            return unknown(kind.title(), to)
        roles = self.inherited[to if kind == "ROLE" else f"user {to}"]
        (roles.add if match[1].upper() == "GRANT" else roles.discard)(role)
        return None

    def _grant(self, match: re.Match[str]) -> Refusal | None:
        role = split_name(match["role"])[0]
        if role not in self.roles:
            return unknown("Role", role)
        kind, name = " ".join(match["kind"].upper().split()), split_name(match["name"])
        privileges = [" ".join(one.upper().split()) for one in match["privileges"].split(",")]
        is_grant = match[1].upper() == "GRANT"
        if match["every"] and match["every"].upper() == "FUTURE":
            future = {(role, privilege, kind.removesuffix("S"), name) for privilege in privileges}
            (self.future.update if is_grant else self.future.difference_update)(future)
            return None
        if match["every"]:
            names = [one for one, of in self.kinds.items() if f"{of}S" == kind and one[: len(name)] == name]
        else:
            names = [name]
        kind = _TABLE_LIKE.get(kind.removesuffix("S"), kind)
        grants = {(privilege, kind, one) for privilege in privileges for one in names}
        change = self.granted[role].update if is_grant else self.granted[role].difference_update
        change(grants)
        if kind == "DATABASE" and any(one[0] == "IMPORTED PRIVILEGES" for one in grants):
            self.imported.add(name[0])
        return None

    def _change(self, match: re.Match[str]) -> Refusal | None:
        action, kind = match[1].upper(), " ".join(match["kind"].upper().split())
        name = split_name(match["name"])[-1]
        if action == "CREATE":
            self.known.add((kind, name))
            if kind == "ROLE":
                self.roles.add(name)
            elif default := re.search(r"\bDEFAULT_ROLE\s*=\s*\"?(\w+)", match.string, re.IGNORECASE):
                self.default_roles[name] = default[1].upper()
        elif (kind, name) not in self.known and not match["guard"]:
            return unknown(kind.title(), name)
        elif action == "DROP":
            self.known.discard((kind, name))
            self.roles.discard(name if kind == "ROLE" else "-")
        return None
