"""A local server that speaks Snowflake's protocol: fakesnow's, adapted to what connector 5 insists on.

Runs in the environment of locks/snowflake.txt: `python server.py PORT`. It accepts any credentials, but the
token of a key pair only from whom it knows (keys.py). Statements are translated to DuckDB, so it shows that they are
understood and add up, not what they would cost.

What is adapted, and why:

- login: connector 5 wants a master token and how long tokens last; a session that ended is not prolonged;
- text: Snowflake's escape \\xhh in a literal, which the translator does not know;
- TRIM with the signs to take off, which the translator forgets;
- answers: a missing time stamp, which its Arrow writer cannot say;
- uploads: the connector's PUT goes over HTTP as if to a bucket, and IDENTIFIER(?) is filled in;
- SYSTEM$LAST_CHANGE_COMMIT_TIME, which Snowflake answers from metadata, is a sum over the rows here;
- ALTER SESSION sets the time zone and the query tag only, and a session that names no warehouse has MARKETING_WH;
- a dynamic table is a table, filled once;
- a query is parsed once and, if repeated, transformed to DuckDB's dialect once: that is most of the time it takes.

What an account would refuse, this server refuses (strict.py): statements without the privilege for them, once the
roles have been made with CREATE ROLE and GRANT (account.py); any object in an imported database; reserved words as
names; statements above 200,000 characters. A session is in Los Angeles unless it says otherwise, and DDL commits the
open transaction.

Tests add what an account would have had: POST /tests/load?table=DB.SCHEMA.NAME&file=path.parquet makes a table,
POST /tests/fail?code=...&message=...&times=1&match=... lets the next statements that hold `match` fail,
POST /tests/expire ends every session, POST /tests/share?database=... makes a database an imported one,
POST /tests/key?user=...&pem=... sets a user's public key, and
GET /tests/statements tells which statements came and with which query tag.
"""

from __future__ import annotations

import gc
import gzip
import itertools
import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fakesnow.server as fakesnow_server
import keys
import translation
import uvicorn
from account import Account, Refusal, split_name
from fakesnow.transforms import stage
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from strict import DEFAULT_TIME_ZONE, ServerSession, check_statement, commits_first, hide_from_role, record_statement

session_numbers = itertools.count(1)


@dataclass
class Failure:
    """What the next `times` statements that hold `match` are answered with."""

    code: str
    message: str
    match: str
    times: int


failures: list[Failure] = []
statements: list[dict[str, str]] = []
sessions: dict[str, ServerSession] = {}
"""By token."""
account = Account()


class Changed(Request):
    """A request whose JSON body went through `change`."""

    def __init__(self, request: Request, change: Callable[[dict[str, Any]], None]) -> None:
        super().__init__(request.scope, request.receive)
        self._change = change

    async def body(self) -> bytes:
        raw = await super().body()
        packed = self.headers.get("Content-Encoding") == "gzip"
        values = json.loads(gzip.decompress(raw) if packed else raw)
        self._change(values)
        changed = json.dumps(values).encode()
        return gzip.compress(changed) if packed else changed


async def login(request: Request) -> JSONResponse:
    tag: dict[str, Any] = {}

    def change(values: dict[str, Any]) -> None:
        tag["accepted"] = keys.accepted(values["data"])
        parameters = values["data"].setdefault("SESSION_PARAMETERS", {})
        tag["tag"] = str(parameters.get("QUERY_TAG", ""))
        tag["zone"] = str(parameters.get("TIMEZONE", DEFAULT_TIME_ZONE))
        tag["user"] = str(values["data"].get("LOGIN_NAME", ""))
        if isinstance(parameters.get("AUTOCOMMIT"), str):
            parameters["AUTOCOMMIT"] = parameters["AUTOCOMMIT"].lower() == "true"

    answer = await fakesnow_server.login_request(Changed(request, change))
    if not tag["accepted"]:
        return refusal("390144", "JWT token is invalid. [abc]")
    role = account.choose_role(tag["user"], request.query_params.get("roleName", ""))
    if isinstance(role, Refusal):
        return refusal(*role)
    values = json.loads(answer.body)
    data = values["data"]
    warehouse = request.query_params.get("warehouse", "").strip('"').upper() or "MARKETING_WH"
    sessions[data["token"]] = ServerSession(role, warehouse, tag["tag"])
    set_time_zone(data["token"], tag["zone"])
    data.update(masterToken=f"master-{data['token']}", validityInSeconds=3600, masterValidityInSeconds=14400)
    data["sessionId"] = next(session_numbers)
    return JSONResponse(values)


async def query(request: Request) -> Response:
    sent: dict[str, str] = {}

    def change(values: dict[str, Any]) -> None:
        sent["text"] = str(values.get("sqlText", ""))
        sent["tag"] = str((values.get("parameters") or {}).get("QUERY_TAG", ""))
        sent["full"] = translation.name_target(sent["text"], values.get("bindings") or {})
        values["sqlText"] = translation.DONE if set_session(token, sent["full"]) else translation.understood(values)
        values["sqlText"] = describe_role(token, values["sqlText"])
        if token in sessions:
            values["sqlText"] = hide_from_role(account, sessions[token], values["sqlText"])

    token = fakesnow_server.to_token(request) if request.headers.get("Authorization") else ""
    if token not in fakesnow_server.sessions:
        return refusal("390112", "Your session has expired. Please login again.")
    session, connection = sessions[token], fakesnow_server.sessions[token]
    session.database, session.schema = connection.database or "", connection.schema or ""
    changed = Changed(request, change)
    body = await changed.body()
    statements.append({"tag": sent["tag"] or session.tag, "role": session.role, "text": sent["text"]})
    for failure in failures:
        if failure.times > 0 and failure.match.lower() in sent["text"].lower():
            failure.times -= 1
            return refusal(failure.code, failure.message)
    refused = check_statement(account, session, sent["full"])
    administered = refused or account.administer(session.role, sent["full"])
    if isinstance(administered, Refusal):
        return refusal(*administered)
    if administered:
        body = done(body)
    if commits_first(session, sent["full"]):
        connection._duck_conn.execute("COMMIT")
        connection._in_transaction = session.in_transaction = False
    changed.body = lambda: answered(body)  # type: ignore[method-assign]
    answer = await fakesnow_server.query_request(changed)
    if json.loads(answer.body)["success"]:
        record_statement(account, session, sent["full"])
    return answer


def set_session(token: str, text: str) -> bool:
    """Carry out ALTER SESSION and USE, as far as the server knows what they set."""
    session = sessions[token]
    if match := re.match(r"USE\s+(ROLE|WAREHOUSE)\s+\"?(\w+)", text, re.IGNORECASE):
        setattr(session, match[1].lower(), match[2].upper())
        return True
    if match := re.match(r"ALTER\s+SESSION\s+SET\s+(\w+)\s*=\s*'((?:[^']|'')*)'", text, re.IGNORECASE):
        if match[1].upper() == "TIMEZONE":
            set_time_zone(token, match[2])
        elif match[1].upper() == "QUERY_TAG":
            session.tag = match[2].replace("''", "'")
    return re.match(r"(ALTER\s+SESSION|USE\s+SECONDARY\s+ROLES)\b", text, re.IGNORECASE) is not None


def describe_role(token: str, text: str) -> str:
    """CURRENT_ROLE(), CURRENT_WAREHOUSE() and SHOW GRANTS TO ROLE in words that the translator knows."""
    role = sessions[token].role if token in sessions else ""
    if match := re.match(r"SHOW\s+GRANTS\s+TO\s+ROLE\s+(\S+)", text, re.IGNORECASE):
        schemas = fakesnow_server.shared_fs.duck_conn.cursor().execute(
            "select catalog_name, schema_name from information_schema.schemata"
        )
        grants = account.list_grants(split_name(match[1])[0], schemas.fetchall())
        rows = ", ".join(f"(NULL, '{privilege}', '{kind}', '{name}')" for privilege, kind, name in grants)
        none = "" if grants else " WHERE FALSE"
        return (
            f"SELECT * FROM (VALUES {rows or '(NULL, NULL, NULL, NULL)'}) AS t (c, privilege, granted_on, name){none}"
        )
    if token in sessions:
        warehouse = sessions[token].warehouse
        known = f"'{warehouse}'" if account.may(role, "USAGE", "WAREHOUSE", (warehouse,)) else "NULL"
        text = re.sub(r"CURRENT_WAREHOUSE\(\)", known, text, flags=re.IGNORECASE)
    return re.sub(r"CURRENT_ROLE\(\)", f"'{role or 'SYSADMIN'}'", text, flags=re.IGNORECASE)


def set_time_zone(token: str, zone: str) -> None:
    fakesnow_server.sessions[token]._duck_conn.execute(f"SET SESSION TimeZone = '{zone}'")


def done(body: bytes) -> bytes:
    """The request of a statement that has been carried out already."""
    is_packed = body[:2] == b"\x1f\x8b"
    values = json.loads(gzip.decompress(body) if is_packed else body) | {"sqlText": translation.DONE, "bindings": None}
    changed = json.dumps(values).encode()
    return gzip.compress(changed) if is_packed else changed


async def answered(body: bytes) -> bytes:
    return body


def refusal(code: str, message: str) -> JSONResponse:
    return JSONResponse(
        {"success": False, "code": code, "message": message, "data": {"errorCode": code, "sqlState": "00000"}}
    )


async def bucket_head(request: Request) -> Response:
    path = Path(stage.LOCAL_BUCKET_PATH) / request.path_params["path"]
    return Response(status_code=200 if path.exists() else 404)


async def telemetry(request: Request) -> JSONResponse:
    return JSONResponse({"data": "Log Received", "success": True})


async def no_renewal(request: Request) -> JSONResponse:
    return refusal("390114", "Authentication token has expired. The user must authenticate again.")


async def load(request: Request) -> JSONResponse:
    database, schema, _ = request.query_params["table"].replace('"', "").split(".")
    fakesnow_server.shared_fs.connect(database, schema)
    name = ".".join(f'"{part}"' for part in request.query_params["table"].replace('"', "").split("."))
    for parts in split_name(name)[:1], split_name(name)[:2], split_name(name):
        account.owners.setdefault(parts, "SYSADMIN")  # the grants on a table stay when other rows are loaded
        account.kinds.setdefault(parts, ("DATABASE", "SCHEMA", "TABLE")[len(parts) - 1])
    connection = fakesnow_server.shared_fs.duck_conn.cursor()
    connection.execute(
        f"create or replace table {name} as select * from read_parquet(?, binary_as_string => true)",
        [request.query_params["file"]],
    )
    return JSONResponse({"rows": connection.execute(f"select count(*) from {name}").fetchall()[0][0]})


async def fail(request: Request) -> JSONResponse:
    requested = request.query_params
    failures[:] = [
        Failure(requested["code"], requested["message"], requested.get("match", ""), int(requested.get("times", "1")))
    ]
    return JSONResponse({})


async def key(request: Request) -> JSONResponse:
    keys.set_key(request.query_params["user"], request.query_params["pem"])
    return JSONResponse({})


async def expire(request: Request) -> JSONResponse:
    fakesnow_server.sessions.clear()
    sessions.clear()
    return JSONResponse({})


async def share(request: Request) -> JSONResponse:
    account.imported.add(request.query_params["database"])
    translation.imported.add(request.query_params["database"])
    return JSONResponse({})


async def list_statements(request: Request) -> JSONResponse:
    seen, statements[:] = list(statements), []
    return JSONResponse(seen)


OWN = {"/session/v1/login-request": login, "/queries/v1/query-request": query}
routes = fakesnow_server.app.router.routes
routes[:] = [route for route in routes if getattr(route, "path", "") not in OWN]
routes[:0] = [
    *(Route(path, answer, methods=["POST"]) for path, answer in OWN.items()),
    Route("/fs_bucket/{path:path}", bucket_head, methods=["HEAD"]),
    Route("/telemetry/send", telemetry, methods=["POST"]),
    Route("/session/token-request", no_renewal, methods=["POST"]),
    Route("/tests/load", load, methods=["POST"]),
    Route("/tests/fail", fail, methods=["POST"]),
    Route("/tests/expire", expire, methods=["POST"]),
    Route("/tests/share", share, methods=["POST"]),
    Route("/tests/key", key, methods=["POST"]),
    Route("/tests/statements", list_statements, methods=["GET"]),
]

if __name__ == "__main__":
    gc.set_threshold(50_000)  # syntax trees are many small objects: a third of the time went into collections
    uvicorn.run(fakesnow_server.app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
