"""Runs opened again, from the numbers in their manifest.json; nothing is ever unpickled."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256 as sha256_of
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from segmentation.delivery.current import check_run_id, current_run
from segmentation.delivery.export import CUSTOMER_COLUMNS
from segmentation.delivery.files import sha256
from segmentation.delivery.manifest import READABLE, RunFacts, checksum, frame
from segmentation.errors import RunError
from segmentation.settings import RunSettings

MODEL, SCALER = "customer_segmentation_model.pkl", "feature_scaler.pkl"
CUSTOMERS, METRICS, MANIFEST = "customer_segments.csv", "evaluation_metrics.json", "manifest.json"
NAMES = (MODEL, SCALER, CUSTOMERS, METRICS)
"""The files under which others know a run."""
LARGE, BLOCK = 200_000_000, 2_000_000
"""Bytes of a list of customers from which on it is read in blocks; a million customers are some 80 million bytes."""
_PARSED = arrow_csv.ParseOptions(newlines_in_values=True)


@dataclass(frozen=True, eq=False, kw_only=True)
class SavedRun(RunFacts):
    """A run as its manifest tells it."""

    folder: Path
    created: str
    """ISO 8601, UTC."""
    files: Mapping[str, str]
    """SHA-256 of each file, by name."""

    @property
    def k(self) -> int:
        """Number of segments."""
        return len(self.centres)

    def customers(self) -> pd.DataFrame:
        """One row per customer, with the columns of customer_segments.csv; ids are text, exactly as they came.

        Raises RunError where the file is missing or is not the one that was saved.
        """
        path = self.folder / CUSTOMERS
        try:
            data = path.read_bytes()
        except OSError as error:
            raise _damaged(self.folder, f"{CUSTOMERS} cannot be read") from error
        if sha256_of(data).hexdigest() != self.files[CUSTOMERS]:
            raise _damaged(self.folder, f"{CUSTOMERS} has been changed since it was saved")
        table = arrow_csv.read_csv(pa.BufferReader(data), parse_options=_PARSED, convert_options=_converted())
        frame: pd.DataFrame = table.to_pandas()
        return frame

    @property
    def is_large(self) -> bool:
        """Whether the list of customers is too large to be opened as a whole for nothing."""
        path = self.folder / CUSTOMERS
        return path.exists() and path.stat().st_size > LARGE

    def parts(
        self, segment_ids: Sequence[int], progress: Callable[[float], None] | None = None
    ) -> Iterator[pd.DataFrame]:
        """The same in parts, in order of segment_id, then customer_id: the file is read once for each segment.

        Raises RunError as `customers` does, before the first part.
        """
        wanted = sorted(segment_ids)
        self._check_list()
        for turn, number in enumerate(wanted):
            for batch, share in self._batches():
                if progress is not None:
                    progress((turn + share) / len(wanted))
                yield pa.Table.from_batches([batch.filter(pc.equal(batch["segment_id"], number))]).to_pandas()

    def _check_list(self) -> None:
        path = self.folder / CUSTOMERS
        if not path.is_file() or sha256(path) != self.files[CUSTOMERS]:
            raise _damaged(self.folder, f"{CUSTOMERS} is missing or has been changed since it was saved")

    def _batches(self) -> Iterator[tuple[pa.RecordBatch, float]]:
        """The list of customers in blocks, each with the share of the file that is read."""
        path = self.folder / CUSTOMERS
        size = path.stat().st_size
        with path.open("rb") as file:
            for batch in arrow_csv.open_csv(file, arrow_csv.ReadOptions(block_size=BLOCK), _PARSED, _converted()):
                yield batch, min(file.tell() / size, 1.0)

    def labels(self, among: pd.Series | None = None) -> pd.DataFrame:
        """One row per customer: customer_id (text), segment_id; of a large list only those `among` these, if given."""
        if among is None or not self.is_large:
            return self.customers()[["customer_id", "segment_id"]]
        self._check_list()
        ids = pa.array(among, pa.string())
        found = [
            batch.select(["customer_id", "segment_id"]).filter(pc.is_in(batch["customer_id"], ids))
            for batch, _ in self._batches()
        ]
        frame: pd.DataFrame = pa.Table.from_batches(found).to_pandas()
        return frame

    def check_files(self) -> None:
        """Raise RunError where a file is missing or is not the one that was saved."""
        for name, expected in self.files.items():
            path = self.folder / Path(name).name
            if not path.is_file() or sha256(path) != expected:
                raise _damaged(self.folder, f"{name} is missing or has been changed")


def _converted() -> arrow_csv.ConvertOptions:
    numbers = {"segment_id": pa.int64()} | {name: pa.float64() for name in CUSTOMER_COLUMNS if "rfm_" in name}
    types = {name: numbers.get(name, pa.string()) for name in CUSTOMER_COLUMNS}
    return arrow_csv.ConvertOptions(column_types=types, strings_can_be_null=False)


def open_run(folder: Path | str, run_id: str | None = None) -> SavedRun:
    """Open a saved run from its manifest.

    folder: a folder of runs (its run run_id, or the current one) or the folder of one run.
    Raises RunError where there is none, or it is damaged, or a newer version saved it.
    """
    folder = Path(folder)
    if run_id is not None:
        folder = folder / check_run_id(run_id)
    elif not (folder / MANIFEST).exists():
        if not folder.is_dir():
            raise RunError(f"There is no folder {folder}.", hint="Train a model first, or give the folder of one.")
        try:
            current = current_run(folder)
        except OSError as error:
            raise RunError(f"{folder} cannot be read.", hint="Check its permissions.") from error
        if current is None:
            raise RunError(f"There is no saved run in {folder}.", hint="Train a model first.")
        folder = folder / current
    return _saved_run(read_manifest(folder), folder)


def list_runs(folder: Path | str) -> list[SavedRun]:
    """The runs saved in a folder that can be opened, the latest first; [] where there is no such folder."""
    runs = []
    for path in Path(folder).glob(f"*/{MANIFEST}"):
        if path.parent.is_symlink() or path.parent.name.startswith("."):
            continue
        try:
            runs.append(open_run(path.parent))
        except RunError:
            continue
    return sorted(runs, key=lambda run: (run.created, run.run_id), reverse=True)


def read_manifest(folder: Path) -> dict[str, Any]:
    """What a manifest says, once it is known to be whole and of a format that is understood."""
    try:
        values = json.loads((folder / MANIFEST).read_bytes())
        found, expected = values["format"], checksum(values)
    except FileNotFoundError as error:
        raise RunError(f"There is no saved run at {folder}.", hint="Train a model first.") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(folder, f"{MANIFEST} cannot be read") from error
    if found not in READABLE:
        raise RunError(
            f"The run at {folder} was saved in format {found}; this version reads up to {READABLE[-1]}.",
            hint="Open it with the version that saved it, or train again.",
        )
    if values.get("checksum") != expected:
        raise _damaged(folder, f"{MANIFEST} has been changed since it was saved")
    return dict(values)


def _saved_run(values: Mapping[str, Any], folder: Path) -> SavedRun:
    try:
        run = SavedRun(
            folder=folder,
            run_id=check_run_id(values["run_id"]),
            created=values["created"],
            settings=RunSettings.from_dict(values["settings"]),
            source_name=values["source_name"],
            window=values["data_window"],
            lines=values["lines"],
            features=tuple(values["features"]),
            scaler=values["scaler"],
            centres=np.array(values["centres"], np.float64),
            cluster_to_segment=tuple(values["cluster_to_segment"]),
            segments=frame(values["segments"]),
            scores=frame(values["scores"]),
            silhouette_sample=values["silhouette_sample"],
            advice=values.get("advice"),
            identity=values["identity"],
            versions=values["versions"],
            files={name: values["files"][name] for name in NAMES},
        )
        fits = run.centres.shape == (len(run.cluster_to_segment), len(run.features)) and np.isfinite(run.centres).all()
        known = set(run.segments["segment_id"]) == set(run.cluster_to_segment)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(folder, f"{MANIFEST} is incomplete") from error
    if not (fits and known):
        raise _damaged(folder, f"the numbers in {MANIFEST} do not fit together")
    return run


def _damaged(folder: Path, what: str) -> RunError:
    return RunError(f"The run at {folder} is damaged: {what}.", hint="Take another run, or train again.")
