"""Saves campaigns: models/campaigns/<campaign_id>/, each published by one rename; its groups never change.

    models/campaigns/spring-2026/
      campaign.json             design, run, sales settings, exclusions; names the assignments and their checksum
      campaign_assignments.csv  one row per customer
      campaign_results.json     the latest reading, once the reading period is over

Only `forget_customer` changes the groups: it writes the remaining assignments as a new file, then one rename of
campaign.json refers to it, then the old file is deleted. Killed at any moment, the campaign stays readable, and the
next call deletes what is left. `save_results` replaces the saved result.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv

from segmentation.campaigns.campaign import ASSIGNMENT_COLUMNS, Campaign, check_campaign_id
from segmentation.campaigns.campaign_values import build_campaign_values, check_format, parse_campaign
from segmentation.errors import CampaignError, SegmentationError
from segmentation.runs.load import MANIFEST
from segmentation.runs.manifest import compute_checksum, dump_json, to_json_value
from segmentation.runs.manifest_schema import MAX_BYTES, parse_manifest
from segmentation.runtime.atomic_files import (
    atomic_write,
    create_working_dir,
    fsync_dir,
    hash_file,
    hold_directory_lock,
    open_fsynced,
    open_regular_file,
    remove_stale_temp,
)
from segmentation.runtime.disk_space import describe_write_error
from segmentation.runtime.tabular_files import write_csv

CAMPAIGNS = "campaigns"
DESIGN, ASSIGNMENTS, RESULTS = "campaign.json", "campaign_assignments.csv", "campaign_results.json"
SAVING_PREFIX = ".saving-"


def get_campaigns_folder(models: Path) -> Path:
    """The folder of campaigns beside the runs.

    Args:
        models: a folder of runs, or the folder of one run in it.
    """
    resolved = models.resolve()
    return (resolved.parent if (resolved / MANIFEST).exists() else resolved) / CAMPAIGNS


def save_campaign(campaign: Campaign, folder: Path) -> Path:
    """Save a campaign as folder/<campaign_id>, and return that path. Creates the folder if needed.

    Raises:
        CampaignError: there is a campaign with that id already, or it cannot be written.
    """
    target = folder / campaign.campaign_id
    try:
        folder.mkdir(parents=True, exist_ok=True)
        remove_stale_temp(folder, (SAVING_PREFIX,))
        check_not_drawn(folder, campaign.campaign_id)
        with create_working_dir(folder / f"{SAVING_PREFIX}{campaign.campaign_id}-{secrets.token_hex(4)}") as working:
            with open_fsynced(working / ASSIGNMENTS) as handle:
                write_csv(campaign.iter_assignments(), handle, escape_formulas=False)
            checksum = hash_file(working / ASSIGNMENTS)
            with open_fsynced(working / DESIGN) as handle:
                handle.write(dump_json(_build_manifest(campaign, ASSIGNMENTS, checksum)))
            fsync_dir(working)
            try:
                working.rename(target)
            except OSError:
                check_not_drawn(folder, campaign.campaign_id)  # another process was faster
                raise
        fsync_dir(folder)
    except OSError as error:
        raise CampaignError(
            f"The campaign could not be saved: {describe_write_error(error)}.", hint="Nothing was drawn."
        ) from error
    return target


def check_not_drawn(folder: Path, campaign_id: str) -> None:
    """Raise CampaignError if a campaign with this id exists; two ids that differ in case only are one.

    Raises:
        SettingsError: it is not a campaign ID.
    """
    name = check_campaign_id(campaign_id).casefold()
    if folder.is_dir() and any(entry.name.casefold() == name for entry in folder.iterdir()):
        raise CampaignError(
            f"The campaign {campaign_id} has already been drawn.",
            hint="Its groups never change: choose a different ID for a new campaign.",
        )


def is_drawn(folder: Path, campaign_id: str) -> bool:
    """Whether the folder has a campaign with this id.

    Raises:
        SettingsError: it is not a campaign ID.
    """
    return (folder / check_campaign_id(campaign_id) / DESIGN).exists()


def open_campaign(folder: Path, campaign_id: str) -> Campaign:
    """Open a saved campaign.

    Args:
        folder: the folder of campaigns.
        campaign_id: its id.

    Raises:
        SettingsError: it is not a campaign ID.
        CampaignError: there is no such campaign, or it is damaged.
    """
    path = folder / check_campaign_id(campaign_id)
    if not is_drawn(folder, campaign_id):
        known = ", ".join(list_campaign_ids(folder))
        raise CampaignError(
            f"There is no campaign {campaign_id} in {folder}.",
            hint=f"Campaigns: {known}." if known else "Draw it first, or pass the folder of its runs.",
        )
    try:
        values = _read_json(path / DESIGN)
        check_format(values)
        with open_regular_file(path / Path(values["assignments"]).name) as file:
            data = file.read()
        if values["checksum"] != compute_checksum(values) or values["assignments_sha256"] != sha256(data).hexdigest():
            raise _build_damaged_error(campaign_id, "its files have been changed since it was drawn")
        return parse_campaign(values, _parse_assignments(data))
    except CampaignError:
        raise
    except (OSError, SegmentationError, KeyError, TypeError, ValueError, pa.ArrowException) as error:
        raise _build_damaged_error(campaign_id, "its files cannot be read") from error


def list_campaign_ids(folder: Path) -> list[str]:
    """The ids of all campaigns, sorted; damaged ones too; [] if there is no such folder."""
    if not folder.is_dir():
        return []
    return sorted(
        entry.name
        for entry in folder.iterdir()
        if not entry.name.startswith(SAVING_PREFIX) and (entry / DESIGN).is_file()  # else not saved completely
    )


def compute_fingerprint(folder: Path) -> str:
    """A token that changes when a campaign is drawn, changed or removed; a cache key."""
    # campaign.json is replaced as a whole whenever anything of a campaign changes
    state = [f"{name} {(folder / name / DESIGN).stat().st_mtime_ns}" for name in list_campaign_ids(folder)]
    return sha256("\n".join(state).encode()).hexdigest()


def list_campaigns(folder: Path) -> tuple[list[Campaign], dict[str, str]]:
    """All campaigns by launch day, latest first, and what is wrong with each that cannot be opened, by id."""
    campaigns, problems = [], {}
    for campaign_id in list_campaign_ids(folder):
        try:
            campaigns.append(open_campaign(folder, campaign_id))
        except SegmentationError as error:
            problems[campaign_id] = error.message
    campaigns.sort(key=lambda campaign: (campaign.design.launch, campaign.campaign_id), reverse=True)
    return campaigns, problems


def forget_customer(folder: Path, customer_id: str, campaign_ids: list[str] | None = None) -> list[str]:
    """Delete a customer from campaigns, and return the ids of those that had them.

    Args:
        folder: the folder of campaigns.
        customer_id: exactly as in the sales.
        campaign_ids: only these campaigns; None: all.

    Raises:
        CampaignError: a campaign is missing or damaged, or cannot be written.
    """
    changed = []
    remove_stale_temp(folder, (SAVING_PREFIX,))  # unfinished saves hold customers, too
    for campaign_id in list_campaign_ids(folder) if campaign_ids is None else campaign_ids:
        open_campaign(folder, campaign_id)  # refuses an invalid id before anything is locked
        try:
            with hold_directory_lock(folder / campaign_id):  # two calls must not bring back each other's customers
                campaign = open_campaign(folder, campaign_id)
                is_other = campaign.assignments["customer_id"] != customer_id
                if not is_other.all():
                    remaining = campaign.assignments[is_other].reset_index(drop=True)
                    campaign = replace(campaign, assignments=remaining, forgotten=campaign.forgotten + 1)
                    _replace_assignments(folder / campaign_id, campaign)
                _delete_old_assignments(folder / campaign_id)
        except OSError as error:
            raise CampaignError(
                f"The campaign {campaign_id} could not be changed: {describe_write_error(error)}.",
                hint="The customer is still in it: try again.",
            ) from error
        if not is_other.all():
            changed.append(campaign_id)
    return changed


def save_results(folder: Path, campaign_id: str, values: Mapping[str, Any]) -> None:
    """Save the latest reading of a campaign, in place of an earlier one.

    Raises:
        SettingsError: it cannot be written.
    """
    with atomic_write(folder / check_campaign_id(campaign_id) / RESULTS) as handle:
        handle.write(dump_json(to_json_value(values)))


def read_results(folder: Path, campaign_id: str) -> dict[str, Any] | None:
    """The latest reading of a campaign as saved; None: it has not been read yet, or the file is damaged."""
    try:
        return _read_json(folder / check_campaign_id(campaign_id) / RESULTS)
    except (OSError, ValueError):
        return None


def _replace_assignments(path: Path, campaign: Campaign) -> None:
    """Write the assignments as a new file, and refer to it."""
    name = f"{Path(ASSIGNMENTS).stem}-{campaign.forgotten}{Path(ASSIGNMENTS).suffix}"
    with atomic_write(path / name) as handle:
        write_csv(campaign.iter_assignments(), handle, escape_formulas=False)
    checksum = hash_file(path / name)
    with atomic_write(path / DESIGN) as handle:
        handle.write(dump_json(_build_manifest(campaign, name, checksum)))


def _delete_old_assignments(path: Path) -> None:
    """Delete all assignments but those that campaign.json refers to."""
    current = _read_json(path / DESIGN)["assignments"]
    for old in path.glob(f"{Path(ASSIGNMENTS).stem}*{Path(ASSIGNMENTS).suffix}"):
        if old.name != current:
            old.unlink()
    fsync_dir(path)


def _build_manifest(campaign: Campaign, assignments: str, checksum: str) -> dict[str, Any]:
    values = build_campaign_values(campaign) | {"assignments": assignments, "assignments_sha256": checksum}
    return {**values, "checksum": compute_checksum(values)}


def _read_json(path: Path) -> dict[str, Any]:
    with open_regular_file(path) as file:
        return parse_manifest(file.read(MAX_BYTES + 1)[:MAX_BYTES])


def _parse_assignments(data: bytes) -> pd.DataFrame:
    types = {name: pa.string() for name in ASSIGNMENT_COLUMNS}
    types |= {"segment_id": pa.int64(), "net_before": pa.float64(), "forecast": pa.float64()}
    table = arrow_csv.read_csv(
        pa.BufferReader(data),
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(
            column_types=types, strings_can_be_null=False, include_columns=list(types)
        ),
    )
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _build_damaged_error(campaign_id: str, reason: str) -> CampaignError:
    return CampaignError(f"The campaign {campaign_id} is damaged: {reason}.", hint="Restore its folder from a backup.")
