"""Spools result batches to disk, for results too large for memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

import pyarrow as pa


@contextmanager
def create_spool_writer(file: IO[bytes] | None, schema: pa.Schema) -> Iterator[Callable[[pa.Table], None] | None]:
    """Truncate `file` and yield a function that appends a batch to it (Arrow IPC file format); None without a file."""
    if file is None:
        yield None
        return
    file.seek(0)
    file.truncate()
    with pa.ipc.new_file(file, schema) as writer:
        yield lambda batch: writer.write_table(batch.cast(schema))


def read_spooled(file: IO[bytes]) -> Iterator[pa.Table]:
    """Iterate over the batches of a spooled result."""
    file.seek(0)
    with pa.ipc.open_file(file) as reader:
        for number in range(reader.num_record_batches):
            yield pa.Table.from_batches([reader.get_batch(number)])


def cast_batch(batch: pa.Table, schema: pa.Schema) -> pa.Table:
    """Cast a batch to `schema`, except for columns where both types are decimals."""
    columns = []
    for field, column in zip(schema, batch.columns, strict=True):
        is_exact = pa.types.is_decimal(field.type) and pa.types.is_decimal(column.type)
        columns.append(column if is_exact or column.type == field.type else column.cast(field.type))
    return pa.table(columns, names=schema.names)
