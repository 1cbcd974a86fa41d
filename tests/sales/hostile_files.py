"""Files made to exhaust whoever reads them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq


def repeat_value(value: object, rows: int) -> pa.DictionaryArray:
    """One value for every row, which a Parquet file holds once."""
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array([value]))


def sales_columns(rows: int, customer: str = "C1") -> dict[str, pa.Array]:
    """The columns that a sales table needs, the same sale in every row."""
    return {
        "customer_id": repeat_value(customer, rows),
        "transaction_date": repeat_value("2024-01-01", rows),
        "net_sales_amount": repeat_value("1.00", rows),
    }


def parquet_file(columns: dict[str, pa.Array], rows_per_group: int | None = None, compression: str = "zstd") -> bytes:
    """The columns as a Parquet file."""
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, compression=compression, row_group_size=rows_per_group)
    return out.getvalue()


def dictionary_bomb(letters: int, rows: int) -> bytes:
    """A few kilobytes that repeat one long customer id."""
    return parquet_file(sales_columns(rows, "x" * letters))


def page_bomb() -> bytes:
    """Long runs of zeros, compressed page by page: 2 GB in a few hundred kilobytes."""
    schema = pa.schema(
        {
            "customer_id": pa.string(),
            "transaction_date": pa.string(),
            "net_sales_amount": pa.string(),
            "note": pa.binary(),
        }
    )
    out = io.BytesIO()
    with pq.ParquetWriter(out, schema, compression="zstd", use_dictionary=False, write_statistics=False) as writer:
        for _ in range(8):
            notes = pa.array([bytes(250 << 20)], pa.binary())
            writer.write_table(pa.table([["C1"], ["2024-01-01"], ["1.00"], notes], schema=schema))
    return out.getvalue()


def lie_about_rows(rows: int, claimed: int) -> bytes:
    """A file whose footer claims another number of rows than its pages hold."""
    data = parquet_file(sales_columns(rows))
    footer = data.rindex(_varint(2 * rows))
    start = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    assert footer > start
    return data[:start] + data[start:].replace(_varint(2 * rows), _varint(2 * claimed))


def nested_column(depth: int) -> pa.Array:
    """One value within so many records."""
    kind: pa.DataType = pa.int32()
    for _ in range(depth):
        kind = pa.struct([("a", kind)])
    return pa.nulls(1, kind)


def csv_file(folder: Path, header: Sequence[str], lines: bytes) -> Path:
    """A file of text; `header` is written as it is."""
    path = folder / "sales.csv"
    path.write_bytes(",".join(header).encode() + b"\n" + lines)
    return path


def _varint(number: int) -> bytes:
    """A number as the footer writes it."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])
