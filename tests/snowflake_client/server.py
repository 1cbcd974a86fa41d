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
- ALTER SESSION does nothing, and CURRENT_WAREHOUSE() is always MARKETING_WH.

Tests add what an account would have had: POST /tests/load?table=DB.SCHEMA.NAME&file=path.parquet makes a table,
POST /tests/fail?code=...&message=...&times=1&match=... lets the next statements that hold `match` fail,
POST /tests/expire ends every session, POST /tests/key?user=...&pem=... sets a user's public key, and
GET /tests/statements tells which statements came and with which query tag.
"""

from __future__ import annotations

import gzip
import itertools
import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import fakesnow.arrow as arrow
import fakesnow.server as fakesnow_server
import keys
import pyarrow as pa
import stages
import uvicorn
from fakesnow import transforms
from fakesnow.transforms import stage
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

SIGNED = (
    "host;x-goog-if-generation-match;x-goog-meta-sfc-digest;x-goog-meta-encryptiondata;x-goog-meta-matdesc;"
    "x-goog-meta-sfc-encryption;content-type;content-encoding"
)
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
tags: dict[str, str] = {}


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
        if isinstance(parameters.get("AUTOCOMMIT"), str):
            parameters["AUTOCOMMIT"] = parameters["AUTOCOMMIT"].lower() == "true"

    answer = await fakesnow_server.login_request(Changed(request, change))
    if not tag["accepted"]:
        return refusal("390144", "JWT token is invalid. [abc]")
    values = json.loads(answer.body)
    data = values["data"]
    tags[data["token"]] = tag["tag"]
    data.update(masterToken=f"master-{data['token']}", validityInSeconds=3600, masterValidityInSeconds=14400)
    data["sessionId"] = next(session_numbers)
    return JSONResponse(values)


async def query(request: Request) -> Response:
    sent: dict[str, str] = {}

    def change(values: dict[str, Any]) -> None:
        sent["text"] = str(values.get("sqlText", ""))
        values["sqlText"] = understood(values)

    token = fakesnow_server.to_token(request) if request.headers.get("Authorization") else ""
    if token not in fakesnow_server.sessions:
        return refusal("390112", "Your session has expired. Please login again.")
    changed = Changed(request, change)
    body = await changed.body()
    statements.append({"tag": tags.get(token, ""), "text": sent["text"]})
    for failure in failures:
        if failure.times > 0 and failure.match.lower() in sent["text"].lower():
            failure.times -= 1
            return refusal(failure.code, failure.message)
    changed.body = lambda: answered(body)  # type: ignore[method-assign]
    return await fakesnow_server.query_request(changed)


async def answered(body: bytes) -> bytes:
    return body


def refusal(code: str, message: str) -> JSONResponse:
    return JSONResponse(
        {"success": False, "code": code, "message": message, "data": {"errorCode": code, "sqlState": "00000"}}
    )


def understood(values: dict[str, Any]) -> str:
    """The statement in words that fakesnow knows; its bindings are changed in place."""
    text = str(values.get("sqlText", ""))
    if re.match(r"\s*alter\s+session", text, re.IGNORECASE):
        return "SELECT 'Statement executed successfully.' AS status"
    text = re.sub(r"\\x([0-9a-fA-F]{2})", lambda result: chr(int(result[1], 16)), text)
    text = re.sub(r"SYSTEM\$LAST_CHANGE_COMMIT_TIME\('((?:[^']|'')+)'\)", rows_told, text)
    text = re.sub(r"CURRENT_WAREHOUSE\(\)", "'MARKETING_WH'", text, flags=re.IGNORECASE)
    bindings = values.get("bindings") or {}
    text = upper_stage(text)
    for value in bindings.values():
        if isinstance(value.get("value"), str):
            value["value"] = upper_stage(value["value"])
    if re.search(r"infer_schema\(location\s*=>\s*\?", text, re.IGNORECASE):
        values["bindings"] = None
        return stages.columns(Path(stage.LOCAL_BUCKET_PATH), bindings["1"]["value"])
    # A temporary table would be known by its bare name only.
    text = re.sub(r"(?i)\b(create (or replace )?)temp(orary)? table", r"\1table", text, count=1)
    if text.startswith("COPY INTO"):
        text = re.sub(r"FROM '@([^']+)'", lambda result: "FROM @" + result[1].replace('"', ""), text)
    if "identifier(?)" in text.lower() and bindings:
        text, values["bindings"] = filled_in(text, bindings)
    return text


def rows_told(result: re.Match[str]) -> str:
    """The token of a table as a number; of one that is not there, something that fails as Snowflake would."""
    name = result[1].replace("''", "'")
    connection = fakesnow_server.shared_fs.duck_conn.cursor()
    try:
        count, mixed = connection.execute(f"select count(*), sum(hash(t) % 1000003) from {name} as t").fetchall()[0]
    except duckdb.CatalogException:
        return f"(SELECT 1 FROM {name})"
    return str(count * 1_000_000_007 + int(mixed or 0))


def upper_stage(text: str) -> str:
    return re.sub(r"__WRITE_PANDAS_\w+", lambda result: result[0].upper(), text)


def filled_in(text: str, bindings: dict[str, Any]) -> tuple[str, dict[str, Any] | None]:
    numbers, left = itertools.count(1), []

    def fill(result: re.Match[str]) -> str:
        binding = bindings[str(next(numbers))]
        if result[0] == "?":
            left.append(binding)
            return "?"
        return str(binding["value"])

    text = re.sub(r"IDENTIFIER\(\?\)|\?", fill, text, flags=re.IGNORECASE)
    return text, {str(at): value for at, value in enumerate(left, start=1)} or None


def whole_trim(expression: Any) -> Any:
    """TRIM with its second argument."""
    changed = plain_trim(expression)
    if changed is not expression and expression.args.get("expression") is not None:
        changed.set("expression", expression.args["expression"])
    return changed


def nullable(field: pa.Field) -> pa.Field:
    if not pa.types.is_struct(field.type):
        return field
    parts = [pa.field(part.name, part.type, nullable=True) for part in field.type]
    return pa.field(field.name, pa.struct(parts), metadata=field.metadata)


plain_trim = transforms.trim_cast_varchar
transforms.trim_cast_varchar = whole_trim
plain_schema, plain_struct = arrow.to_sf_schema, arrow.timestamp_to_sf_struct
plain_stage = fakesnow_server.gcs_stage_info


def time_stamps(values: Any) -> pa.Array:
    array = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    created = plain_struct(array)
    fields = [pa.field(part.name, part.type, nullable=True) for part in created.type]
    return pa.StructArray.from_arrays(
        [created.field(at) for at in range(created.type.num_fields)], fields=fields, mask=array.is_null()
    )


def bucket(*arguments: Any) -> dict[str, Any]:
    told = plain_stage(*arguments)
    told["region"] = "us-central1"
    told["presignedUrl"] += "?X-Goog-SignedHeaders=" + SIGNED.replace(";", "%3B")
    return told


arrow.to_sf_schema = lambda schema, rowtype: pa.schema([nullable(field) for field in plain_schema(schema, rowtype)])
arrow.timestamp_to_sf_struct = time_stamps
fakesnow_server.gcs_stage_info = bucket


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
    return JSONResponse({})


async def told(request: Request) -> JSONResponse:
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
    Route("/tests/key", key, methods=["POST"]),
    Route("/tests/statements", told, methods=["GET"]),
]

if __name__ == "__main__":
    uvicorn.run(fakesnow_server.app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
