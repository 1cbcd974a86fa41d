"""Answers that go into a file as they come, for those that are too large to be here as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

import pyarrow as pa


@contextmanager
def create_spool_writer(file: IO[bytes] | None, schema: pa.Schema) -> Iterator[Callable[[pa.Table], None] | None]:
    """What puts a batch into `file`, in Arrow's format, from its beginning on; None where there is no file."""
    if file is None:
        yield None
        return
    file.seek(0)
    file.truncate()
    with pa.ipc.new_file(file, schema) as writer:
        yield lambda batch: writer.write_table(batch.cast(schema))


def read_spooled(file: IO[bytes]) -> Iterator[pa.Table]:
    """The batches in a file, one after the other."""
    file.seek(0)
    with pa.ipc.open_file(file) as reader:
        for number in range(reader.num_record_batches):
            yield pa.Table.from_batches([reader.get_batch(number)])
