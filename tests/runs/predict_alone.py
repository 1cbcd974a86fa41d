"""Run in the folder of a saved run: load the pickles with scikit-learn alone, and predict every segment."""

from __future__ import annotations

import csv
import importlib.abc
import json
import sys
from pathlib import Path
from typing import Any


class OnlyScikitLearn(importlib.abc.MetaPathFinder):
    """Hides the project and the libraries that scikit-learn does not need."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """Refuse what is hidden, leave the rest to others."""
        if name.split(".")[0] in {"segmentation", "pandas", "pyarrow", "duckdb", "ibis", "numba"}:
            raise ModuleNotFoundError(name)


def main() -> None:
    """Print the class of the model and the number of customers whose segment it predicts."""
    sys.meta_path.insert(0, OnlyScikitLearn())
    import joblib
    import numpy as np

    model, scaler = joblib.load("customer_segmentation_model.pkl"), joblib.load("feature_scaler.pkl")
    manifest = json.loads(Path("manifest.json").read_text(encoding="utf-8"))
    with Path("customer_segments.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {"recency_days": "rfm_recency", "frequency": "rfm_frequency", "monetary": "rfm_monetary"}
    values = np.array([[float(row[columns[name]]) for name in manifest["features"]] for row in rows])
    predicted = [manifest["cluster_to_segment"][label] for label in model.predict(scaler.transform(values))]
    assert predicted == [int(row["segment_id"]) for row in rows]
    print(type(model).__name__, len(rows))


if __name__ == "__main__":
    main()
