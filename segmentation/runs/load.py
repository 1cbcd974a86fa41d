"""Opens saved runs from the numbers in their manifest.json; nothing is ever unpickled."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from segmentation.errors import RunError
from segmentation.runs.current_pointer import GENERATED_ID, check_run_id, get_current_run_id, is_run_id
from segmentation.runs.customer_columns import CERTAINTY_COLUMN, CUSTOMER_COLUMNS
from segmentation.runs.load_errors import UnreadableRunError, build_damaged_error
from segmentation.runs.manifest import READABLE_VERSIONS, RunMetadata, compute_checksum
from segmentation.runs.manifest_schema import MAX_BYTES, parse_manifest
from segmentation.runs.metadata import parse_metadata
from segmentation.runs.schema_checks import InvalidManifestError
from segmentation.runtime.atomic_files import open_regular_file
from segmentation.runtime.progress import Progress

MODEL, SCALER = "customer_segmentation_model.pkl", "feature_scaler.pkl"
CUSTOMERS, METRICS, MANIFEST = "customer_segments.csv", "evaluation_metrics.json", "manifest.json"
ARTIFACT_NAMES = (MODEL, SCALER, CUSTOMERS, METRICS)
"""The files of a run that other tools read."""
LARGE_LIST_BYTES, BLOCK_BYTES = 200_000_000, 2_000_000
"""Customer lists larger than this are read in blocks of BLOCK_BYTES; a million customers take 80 MB."""
_PARSE_OPTIONS = arrow_csv.ParseOptions(newlines_in_values=True)  # a quoted customer ID may contain a line break


@dataclass(frozen=True, eq=False, kw_only=True)
class SavedRun(RunMetadata):
    """A run, as described by its manifest."""

    folder: Path
    created: str
    """ISO 8601, UTC."""
    files: Mapping[str, str]
    """SHA-256 of each file, by name."""

    def read_customers(self) -> pd.DataFrame:
        """One row per customer, with CUSTOMER_COLUMNS and CERTAINTY_COLUMN if saved; ids are text, as in the source.

        Raises:
            RunError: the file is missing or has changed since it was saved.
        """
        try:
            with open_regular_file(self.folder / CUSTOMERS) as file:
                data = file.read()
        except OSError as error:
            raise build_damaged_error(self.folder, f"{CUSTOMERS} cannot be read") from error
        # The bytes that are parsed are the bytes that are hashed: a file swapped in between is not read.
        if hashlib.sha256(data).hexdigest() != self.files[CUSTOMERS]:
            raise build_damaged_error(self.folder, f"{CUSTOMERS} has been changed since it was saved")
        try:
            table = arrow_csv.read_csv(
                pa.BufferReader(data),
                parse_options=_PARSE_OPTIONS,
                convert_options=_build_convert_options(data.partition(b"\n")[0]),
            )
        except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
            raise build_damaged_error(self.folder, f"{CUSTOMERS} is not a list of customers") from error
        self._check_segments(table["segment_id"])
        frame: pd.DataFrame = table.to_pandas()
        return frame

    def _check_segments(self, segment_ids: pa.Array | pa.ChunkedArray) -> None:
        """Raise RunError if a customer is in a segment that this run does not have."""
        known = pc.is_in(segment_ids, pa.array(self.cluster_to_segment, pa.int64()))
        if not pc.all(known, min_count=0).as_py():
            raise build_damaged_error(self.folder, f"{CUSTOMERS} has segments that {MANIFEST} lacks")

    @property
    def is_large(self) -> bool:
        """Whether the customer list is streamed instead of read into memory."""
        path = self.folder / CUSTOMERS
        return path.exists() and path.stat().st_size > LARGE_LIST_BYTES

    def iter_customers(self, segment_ids: Sequence[int], on_progress: Progress | None = None) -> Iterator[pd.DataFrame]:
        """The rows of `read_customers` in batches, by segment_id, then customer_id.

        A large file is read once per segment, which needs no memory for all customers.

        Args:
            segment_ids: the segments to read.
            on_progress: called with the share read, 0 to 1.

        Raises:
            RunError: as in `read_customers`, before the first batch.
        """
        ids = sorted(segment_ids)
        if not self.is_large:
            customers = self.read_customers()
            yield customers[customers["segment_id"].isin(ids)].sort_values("segment_id", kind="stable")
            return
        self._check_customer_file()
        for position, segment_id in enumerate(ids):
            for batch, share in self._iter_batches():
                if on_progress is not None:
                    on_progress((position + share) / len(ids))
                yield pa.Table.from_batches([batch.filter(pc.equal(batch["segment_id"], segment_id))]).to_pandas()

    def _check_customer_file(self) -> None:
        if not _is_unchanged(self.folder / CUSTOMERS, self.files[CUSTOMERS]):
            raise build_damaged_error(self.folder, f"{CUSTOMERS} is missing or has been changed since it was saved")

    def _iter_batches(self) -> Iterator[tuple[pa.RecordBatch, float]]:
        """The customer list in blocks, each with the share of the file that has been read."""
        path = self.folder / CUSTOMERS
        size = path.stat().st_size
        try:
            with path.open("rb") as file:
                options = _build_convert_options(file.readline())
                file.seek(0)
                read_options = arrow_csv.ReadOptions(block_size=BLOCK_BYTES)
                for batch in arrow_csv.open_csv(file, read_options, _PARSE_OPTIONS, options):
                    self._check_segments(batch["segment_id"])
                    yield batch, min(file.tell() / size, 1.0)
        except (OSError, pa.ArrowInvalid, pa.ArrowKeyError) as error:
            raise build_damaged_error(self.folder, f"{CUSTOMERS} is not a list of customers") from error

    def get_labels(self, customer_ids: pd.Series | None = None) -> pd.DataFrame:
        """One row per customer: customer_id (text), segment_id.

        Args:
            customer_ids: read only these customers of a large list; a small list is returned in full.
        """
        if customer_ids is None or not self.is_large:
            return self.read_customers()[["customer_id", "segment_id"]]
        self._check_customer_file()
        ids = pa.array(customer_ids, pa.string())
        batches = [
            batch.select(["customer_id", "segment_id"]).filter(pc.is_in(batch["customer_id"], ids))
            for batch, _ in self._iter_batches()
        ]
        frame: pd.DataFrame = pa.Table.from_batches(batches).to_pandas()
        return frame

    def check_files(self) -> None:
        """Raise RunError if a file is missing or has changed since it was saved."""
        for name, expected in self.files.items():
            if not _is_unchanged(self.folder / Path(name).name, expected):
                raise build_damaged_error(self.folder, f"{name} is missing or has been changed")


def _is_unchanged(path: Path, expected: str) -> bool:
    """Whether a file of a run is a regular file, not a link to one elsewhere, with the expected SHA-256."""
    try:
        with open_regular_file(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == expected
    except OSError:
        return False


def _build_convert_options(header: bytes) -> arrow_csv.ConvertOptions:
    """How to read a customer list with this first line."""
    numbers = {"segment_id": pa.int64()} | {name: pa.float64() for name in CUSTOMER_COLUMNS if "rfm_" in name}
    types = {name: numbers.get(name, pa.string()) for name in CUSTOMER_COLUMNS}
    if header.rstrip().endswith(f",{CERTAINTY_COLUMN}".encode()):
        types[CERTAINTY_COLUMN] = pa.float64()
    return arrow_csv.ConvertOptions(column_types=types, strings_can_be_null=False, include_columns=list(types))


def open_run(folder: Path | str, run_id: str | None = None) -> SavedRun:
    """Open a saved run from its manifest.

    Args:
        folder: a folder of runs, or the folder of one run.
        run_id: a run in `folder`; None: the current one, or the one that `folder` is.

    Raises:
        RunError: there is no such run, it is damaged, or a newer version saved it.
    """
    folder = Path(folder)
    if run_id is not None:
        folder = folder / check_run_id(run_id)
    elif not os.path.lexists(folder / MANIFEST):
        if not folder.is_dir():
            raise RunError(f"There is no folder {folder}.", hint="Train a model first, or pass the folder of one.")
        current = get_current_run_id(folder)
        if current is None:
            raise RunError(f"There is no saved run in {folder}.", hint="Train a model first.")
        folder = folder / current
    return _build_saved_run(read_manifest(folder), folder)


def find_run_ids(folder: Path) -> list[str]:
    """The ids of the runs in a folder, unordered, including damaged ones; without links, hidden and reserved names."""
    try:
        entries = list(os.scandir(folder))
        return [
            entry.name
            for entry in entries
            if is_run_id(entry.name) and entry.is_dir(follow_symlinks=False) and _contains_run(Path(entry.path))
        ]
    except OSError:
        return []


def _contains_run(path: Path) -> bool:
    """Whether a folder has a manifest, or the name of a generated run."""
    return bool(GENERATED_ID.fullmatch(path.name)) or os.path.lexists(path / MANIFEST)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read a manifest, and check its checksum and format version.

    Raises:
        RunError: it is missing, damaged, or of another format version.
    """
    try:
        if not os.path.lexists(folder / MANIFEST):
            raise UnreadableRunError(
                f"There is no saved run at {folder}.", hint="Train a model first.", reason=f"{MANIFEST} is missing"
            )
        with open_regular_file(folder / MANIFEST) as file:
            values = parse_manifest(file.read(MAX_BYTES + 1)[:MAX_BYTES])
        format_version, checksum = values["format"], compute_checksum(values)
    except (OSError, ValueError, KeyError) as error:
        raise build_damaged_error(folder, f"{MANIFEST} cannot be read") from error
    if type(format_version) is not int:  # True is an int
        raise build_damaged_error(folder, f"{MANIFEST} cannot be read")
    if format_version not in READABLE_VERSIONS:
        raise UnreadableRunError(
            f"The run at {folder} was saved in format {format_version}; "
            f"this version reads up to {READABLE_VERSIONS[-1]}.",
            hint="Open it with the version that saved it, or train again.",
            reason="another version saved it",
        )
    if values.get("checksum") != checksum:
        raise build_damaged_error(folder, f"{MANIFEST} has been changed since it was saved")
    return values


def _build_saved_run(values: Mapping[str, Any], folder: Path) -> SavedRun:
    try:
        metadata = parse_metadata(values)
        files = {name: values["files"][name] for name in ARTIFACT_NAMES}
    except InvalidManifestError as error:
        raise build_damaged_error(folder, f"in {MANIFEST}, {error}") from error
    except (KeyError, RunError) as error:
        raise build_damaged_error(folder, f"{MANIFEST} is incomplete") from error
    return SavedRun(folder=folder, created=values["created"], files=files, **metadata)


@contextmanager
def translate_incomplete_run_errors(run: RunMetadata) -> Iterator[None]:
    """Raise RunError if a saved run lacks a column or value that the body needs.

    Which columns a run has depends on the version that saved it, so the schema cannot require them all.
    """
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        if not isinstance(run, SavedRun):
            raise
        raise build_damaged_error(run.folder, f"{MANIFEST} is incomplete") from error
