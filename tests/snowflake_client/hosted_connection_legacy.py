"""Checks a hosted connection of a connector before version 5, as in Streamlit in Snowflake, and prints JSON.

Run as `python hosted_connection_legacy.py PORT`. Covers values, columns, a full result and a temporary table.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import pandas as pd
import pyarrow as pa
import snowflake.connector

from segmentation.snowflake_client.hosted_connection import set_hosted_connection
from segmentation.snowflake_client.session import close_sessions, get_session
from segmentation.snowflake_client.table_names import TableName

seen = {"connector": snowflake.connector.__version__}
for style in ("qmark", "pyformat"):
    connection = snowflake.connector.connect(
        account="local",
        user="app",
        password="not-a-secret",
        host="127.0.0.1",
        port=int(sys.argv[1]),
        protocol="http",
        database="MARKETING_INSIGHTS_DB",
        schema="DBT_SKAMRA_ANALYTICS",
        paramstyle=style,
    )
    set_hosted_connection(connection)
    opened = get_session()
    table = TableName("MARKETING_INSIGHTS_DB", "DBT_SKAMRA_ANALYTICS", f"GIVEN_{style.upper()}")
    frame = pd.DataFrame({"ID": ["00123", "50 % off?", "it's"], "AMOUNT": [1, 2, 3]})
    opened.fetch_rows(f"CREATE TEMPORARY TABLE {table.quoted} (ID VARCHAR, AMOUNT NUMBER(38, 0))")
    rows = opened.load_frame(frame, table)
    exact = f"SELECT ID, CAST(AMOUNT AS NUMBER(38, 2)) / 100 AS SHARE FROM {table.quoted} ORDER BY AMOUNT"
    answer = opened.fetch_table(exact, pa.schema([("id", pa.string()), ("share", pa.decimal128(38, 6))]))
    seen[style] = [
        opened.auth_label,
        rows,
        [column.name for column in opened.describe_columns(f"SELECT * FROM {table.quoted}")],
        opened.fetch_rows(
            f"SELECT ID FROM {table.quoted} WHERE ID = ? AND AMOUNT = ? AND ID LIKE '%off_' AND ID <> '?'",
            ("50 % off?", 2),
        ),
        [str(value) for value in answer.column("share").to_pylist()],
    ]
    close_sessions()
    seen[style].append(connection.is_closed())
    connection.close()
sys.stdout.write(json.dumps(seen))
