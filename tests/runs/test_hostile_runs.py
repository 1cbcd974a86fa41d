"""Corrupt and hostile saved runs: each opens or raises SegmentationError, and the catalog always works."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segmentation.analysis.saved_run_view import restore_saved_run
from segmentation.errors import RunError
from segmentation.runs.catalog import (
    compute_fingerprint,
    delete_run,
    label_run,
    list_entries,
    list_run_ids,
    read_labels,
    set_current_run,
)
from segmentation.runs.load import MANIFEST, open_run
from segmentation.runs.manifest import compute_checksum
from segmentation.runtime.atomic_files import hash_file

Change = Callable[[dict[str, Any]], Any]


def write_manifest(folder: Path, values: Any) -> None:
    """Write a manifest with a checksum that fits, as an attacker would."""
    values["checksum"] = compute_checksum(values)
    (folder / MANIFEST).write_text(json.dumps(values), "utf-8")


def check_listing(folder: Path, damaged: str, healthy: str) -> str:
    """The reason why a run is listed as damaged; everything else about the folder must work."""
    result = {entry.run_id: entry for entry in list_entries(folder)}
    assert result[healthy].problem == ""
    assert result[damaged].run is None
    assert result[damaged].problem
    assert str(folder) not in result[damaged].problem
    assert compute_fingerprint(folder)
    assert set(read_labels(folder)) == set(list_run_ids(folder)) == {damaged, healthy}
    with pytest.raises(RunError):
        open_run(folder, damaged)
    with pytest.raises(RunError):
        set_current_run(folder, damaged)
    assert label_run(folder, damaged, "Broken") == "Broken"
    delete_run(folder, damaged)
    assert list_run_ids(folder) == [healthy]
    return result[damaged].problem


CHANGES: dict[str, Change] = {
    "created is a number": lambda values: values.update(created=5),
    "created is no time": lambda values: values.update(created="yesterday"),
    "format is a list": lambda values: values.update(format=[2]),
    "format is true": lambda values: values.update(format=True),
    "run_id is a path": lambda values: values.update(run_id="../x"),
    "window is empty": lambda values: values.update(data_window={}),
    "window is no date": lambda values: values["data_window"].update(as_of="32nd"),
    "lines are negative": lambda values: values["lines"].update(lines_in=-1),
    "features twice": lambda values: values.update(features=["frequency"] * 3),
    "features empty": lambda values: values.update(features=[], centers=[[], [], []]),
    "centers ragged": lambda values: values["centres"][0].pop(),
    "centers too few": lambda values: values["centres"].pop(),
    "centers are text": lambda values: values["centres"][0].__setitem__(0, "1"),
    "centers are null": lambda values: values["centres"][0].__setitem__(0, None),
    "resample centers ragged": lambda values: values.update(
        resample_centers=[values["centres"], values["centres"][:1]]
    ),
    "resample centers are text": lambda values: values.update(resample_centers=[[["1"]]]),
    "centers deep": lambda values: values["centres"][0].__setitem__(0, [1.0]),
    "scaler short": lambda values: values["scaler"]["mean"].pop(),
    "scaler zero": lambda values: values["scaler"]["scale"].__setitem__(0, 0.0),
    "scaler unknown key": lambda values: values["scaler"].update(other=1),
    "segments twice": lambda values: values["segments"].append(values["segments"][0]),
    "segments ragged": lambda values: values["segments"][0].update(unknown=4),
    "segments text": lambda values: [row.update(customers="many") for row in values["segments"]],
    "mapping unhashable": lambda values: values.update(cluster_to_segment=[[1], [2], [3]]),
    "mapping is true": lambda values: values["cluster_to_segment"].__setitem__(1, True),
    "scores without k": lambda values: values["scores"].pop(1),
    "scores k is a list": lambda values: values["scores"][0].update(k=[2]),
    "settings is null": lambda values: values.update(settings=None),
    "settings k": lambda values: values["settings"].update(k="3"),
    "settings dates": lambda values: values["settings"]["sales"].update(left_out=[["2020-01-01"]]),
    "settings unknown": lambda values: values["settings"]["model"].update(other=1),
    "advice incomplete": lambda values: values.update(advice={"k": 3}),
    "identity": lambda values: values.update(identity=[5]),
    "validation of an unknown segment": lambda values: values.update(validation=build_findings(segment_id=99)),
    "border of an unknown segment": lambda values: values.update(validation=build_findings(segment_b=99)),
    "validation incomplete": lambda values: values.update(validation=build_findings(dissolved=...)),
    "versions": lambda values: values.update(versions=["numpy"]),
    "files outside": lambda values: values.update(files={"../../etc/passwd": "0" * 64}),
    "files hash": lambda values: values["files"].update({"customer_segments.csv": 5}),
    "deep": lambda values: values.update(advice=nest_lists(800)),
    "huge integer": lambda values: values["lines"].update(lines_in=10**400),
    "lone surrogate": lambda values: values.update(source_name="\ud800"),
}


def build_findings(**changes: Any) -> dict[str, Any]:
    """A valid validation of the run, apart from the changes; `...` removes a key."""
    border = {"segment_a": 1, "segment_b": 2, "gap": True, "p_value": 0.0, "valley_depth": 0.5}
    stability = {"segment_id": 1, "customers": 3, "jaccard": 0.9, "low": 0.8, "high": 1.0, "dissolved": None}
    rows = [
        {name: changes.get(name, value) for name, value in row.items() if changes.get(name, value) is not ...}
        for row in (border, {**stability, "resamples": 100})
    ]
    return {"recommended_k": 3, "separate_groups": 2, "borders": rows[:1], "stability": rows[1:]}


def test_validate_manifest_accepts_findings(two: Path) -> None:
    run_id = list_run_ids(two)[0]
    values = json.loads((two / run_id / MANIFEST).read_text("utf-8"))
    write_manifest(two / run_id, {**values, "validation": build_findings()})
    assert open_run(two, run_id).validation == build_findings()


def nest_lists(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_validate_manifest_rejects_invalid_values(two: Path, change: Change) -> None:
    damaged, healthy = sorted(list_run_ids(two))
    values = json.loads((two / damaged / MANIFEST).read_text("utf-8"))
    change(values)
    write_manifest(two / damaged, values)
    check_listing(two, damaged, healthy)


def render_json(change: Callable[[str], str]) -> Callable[[Path], None]:
    def apply(path: Path) -> None:
        path.write_text(change(path.read_text("utf-8")), "utf-8")

    return apply


def replace_by_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def replace_by_link(path: Path) -> None:
    elsewhere = path.parents[2] / "elsewhere.json"
    shutil.move(path, elsewhere)
    path.symlink_to(elsewhere)


def replace_by_loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def make_huge(path: Path) -> None:
    os.truncate(path, 40_000_000_000)  # sparse: it takes no space on the disk


FILES: dict[str, Callable[[Path], None]] = {
    "deep nesting": lambda path: path.write_text('{"format": ' + "[" * 100_000 + "]" * 100_000 + "}"),
    "not UTF-8": lambda path: path.write_bytes(path.read_bytes().replace(b"sales.csv", b"sales\xff.csv")),
    "NaN": render_json(lambda text: text.replace('"silhouette_sample": null', '"silhouette_sample": NaN')),
    "overflow": render_json(lambda text: text.replace('"silhouette_sample": null', '"silhouette_sample": 1e999')),
    "key twice": render_json(lambda text: text.replace("{", '{"format": 2,', 1)),
    "huge": make_huge,
    "pipe": replace_by_pipe,
    "link": replace_by_link,
    "loop": replace_by_loop,
    "folder": replace_by_folder,
    "a number": lambda path: path.write_text("5"),
    "empty": lambda path: path.write_text(""),
}


@pytest.mark.parametrize("harm", FILES.values(), ids=FILES)
def test_parse_manifest_rejects_invalid_files(two: Path, harm: Callable[[Path], None]) -> None:
    damaged, healthy = sorted(list_run_ids(two))
    harm(two / damaged / MANIFEST)
    assert check_listing(two, damaged, healthy) == "manifest.json cannot be read"


LISTS: dict[str, bytes] = {
    "another table": b"a,b\n1,2\n",
    "empty": b"",
    "ragged": b"customer_id,segment_id\n1\n1,2,3\n",
    "not UTF-8": b"\xff\xfe\x00",
    "unknown segment": b"customer_id,segment_id,segment_name,rfm_recency,rfm_frequency,rfm_monetary,"
    b"prediction_timestamp\nA,9,New,1,1,1,2026-01-01T12:00:00Z\n",
    "no number": b"customer_id,segment_id,segment_name,rfm_recency,rfm_frequency,rfm_monetary,"
    b"prediction_timestamp\nA,x,New,1,1,1,2026-01-01T12:00:00Z\n",
}


@pytest.mark.parametrize("content", LISTS.values(), ids=LISTS)
def test_customers_rejects_invalid_content(two: Path, content: bytes) -> None:
    folder = two / min(list_run_ids(two))
    (folder / "customer_segments.csv").write_bytes(content)
    values = json.loads((folder / MANIFEST).read_text("utf-8"))
    values["files"]["customer_segments.csv"] = hash_file(folder / "customer_segments.csv")
    write_manifest(folder, values)
    run = open_run(folder)
    for use in (
        run.read_customers,
        run.get_labels,
        lambda: list(run.iter_customers([1, 2, 3])),
        lambda: restore_saved_run(run),
    ):
        with pytest.raises(RunError):
            use()


@pytest.mark.parametrize("harm", [replace_by_pipe, replace_by_link, replace_by_folder])
def test_customers_rejects_links_and_pipes(two: Path, harm: Callable[[Path], None]) -> None:
    folder = two / min(list_run_ids(two))
    run = open_run(folder)
    harm(folder / "customer_segments.csv")
    for use in (run.read_customers, run.check_files, lambda: list(run.iter_customers([1]))):
        with pytest.raises(RunError, match=r"customer_segments\.csv"):
            use()


def test_find_run_ids_ignores_invalid_names(two: Path) -> None:
    before = list_run_ids(two)
    manifest = (two / before[0] / MANIFEST).read_bytes()
    for name in ("a b", "-x", "x" * 80, "new\nline", "é"):
        (two / name).mkdir()
        (two / name / MANIFEST).write_bytes(manifest)
    (two / "20260401T120000Z-00000000").symlink_to(before[0])
    assert list_run_ids(two) == before


def test_read_labels_ignores_links_and_pipes(two: Path) -> None:
    first, second = list_run_ids(two)
    (two.parent / "secret").write_text("secret")
    (two / first / "label.txt").symlink_to(two.parent / "secret")
    os.mkfifo(two / second / "label.txt")
    assert set(read_labels(two).values()) == {""}


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_list_entries_unreadable_run(two: Path) -> None:
    damaged, healthy = sorted(list_run_ids(two))
    (two / damaged).chmod(0)
    try:
        result = {entry.run_id: entry.problem for entry in list_entries(two)}
    finally:
        (two / damaged).chmod(0o700)
    assert result[damaged]
    assert result[healthy] == ""
