"""Publishes campaigns: the tables campaigns, campaign_assignments and campaign_results.

| table | one row per |
|---|---|
| campaigns | campaign |
| campaign_assignments | customer of a campaign |
| campaign_results | segment of a campaign that was read, and one for all (segment_id null) |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from segmentation.campaigns.campaign import ASSIGNMENT_COLUMNS, Campaign
from segmentation.campaigns.storage import list_campaigns, read_results
from segmentation.publishing.campaign_staging import can_be_drawn_in, stage_draw
from segmentation.publishing.run_tables import RunTable, publish_tables
from segmentation.publishing.stored_campaigns import build_manifest_text
from segmentation.publishing.targets import resolve_target

CAMPAIGN_COLUMNS = {
    "campaign_id": "text",
    "run_id": "text",
    "created_at": "timestamp",
    "source_name": "text",
    "launch": "date",
    "days": "integer",
    "reading_day": "date",
    "hold_out": "double",
    "contacted": "integer",
    "held_back": "integer",
    "forgotten": "integer",
    # From here on, tables of earlier versions lack the columns: they are added when a campaign is published.
    "manifest": "text",
}
_ASSIGNMENT_KINDS = {"segment_id": "integer", "net_before": "double", "forecast": "double"}
ASSIGNMENT_COLUMN_TYPES = {name: _ASSIGNMENT_KINDS.get(name, "text") for name in ASSIGNMENT_COLUMNS}
RESULT_COLUMNS = {
    "campaign_id": "text",
    "segment_id": "integer",
    "segment_name": "text",
    "verdict": "text",
    "method": "text",
    "p_value": "double",
    "contacted": "integer",
    "held_back": "integer",
    "contacted_buyers": "integer",
    "held_back_buyers": "integer",
    "net_per_contacted": "double",
    "gross_per_contacted": "double",
    "discount_per_contacted": "double",
    "net_per_contacted_low": "double",
    "net_per_contacted_high": "double",
    "net_total": "double",
    "gross_total": "double",
    "discount_total": "double",
    "net_total_low": "double",
    "net_total_high": "double",
    "sales_until": "date",
}


def publish_campaigns(folder: Path, to: str) -> int:
    """Publish all campaigns that can be opened, with their latest readings, and return their number.

    Args:
        folder: the folder of campaigns.
        to: the target, as in `segmentation.publishing.publish.publish_run`.

    Raises:
        SettingsError, SourceError: as in `publish_tables`.
    """
    campaigns, _ = list_campaigns(folder)
    if campaigns:
        results = {campaign.campaign_id: read_results(folder, campaign.campaign_id) for campaign in campaigns}
        target = resolve_target(to)
        drawn_there = [campaign for campaign in campaigns if can_be_drawn_in(target, campaign)]
        publish_tables(to, build_campaign_tables(campaigns, results, drawn_there))
    return len(campaigns)


def publish_campaign_result(values: Mapping[str, Any], to: str) -> str:
    """Publish the reading of a campaign to campaign_results, and return the name of the target.

    Args:
        values: a reading with a result, from `segmentation.campaigns.result_json.summarize_reading`.
        to: the target, as in `publish_campaigns`.

    Raises:
        SettingsError, SourceError: as in `publish_tables`.
    """
    return publish_tables(to, [_build_result_table(_build_result_rows(values))])


def build_campaign_tables(
    campaigns: Sequence[Campaign],
    results: Mapping[str, Mapping[str, Any] | None],
    drawn_in_target: Sequence[Campaign] = (),
) -> list[RunTable]:
    """The rows of the three tables.

    Args:
        campaigns: at least one.
        results: campaign_id -> the latest reading as saved; None: not read yet.
        drawn_in_target: those of `campaigns` whose assignments are drawn in the target if possible, instead of loaded.
    """
    rows = [_build_campaign_row(campaign) for campaign in campaigns]
    loaded = [campaign.assignments for campaign in campaigns if campaign not in drawn_in_target]
    empty = pd.DataFrame(columns=list(ASSIGNMENT_COLUMN_TYPES))
    assignments = pd.concat(loaded, ignore_index=True) if loaded else empty
    read = [row for values in results.values() if values is not None for row in _build_result_rows(values)]
    frames = (
        ("campaigns", CAMPAIGN_COLUMNS, pd.DataFrame(rows, columns=list(CAMPAIGN_COLUMNS))),
        ("campaign_assignments", ASSIGNMENT_COLUMN_TYPES, assignments[list(ASSIGNMENT_COLUMN_TYPES)]),
    )
    tables = [RunTable(name, columns, frame, key=("campaign_id",)) for name, columns, frame in frames]
    large = [
        RunTable(
            "campaign_assignments",
            ASSIGNMENT_COLUMN_TYPES,
            campaign.assignments[list(ASSIGNMENT_COLUMN_TYPES)],
            ("campaign_id",),
            partial(stage_draw, campaign=campaign),
        )
        for campaign in drawn_in_target
    ]
    return [*tables, *large, _build_result_table(read)]


def _build_result_table(rows: list[tuple[Any, ...]]) -> RunTable:
    frame = pd.DataFrame(rows, columns=list(RESULT_COLUMNS))
    return RunTable("campaign_results", RESULT_COLUMNS, frame, key=("campaign_id",))


def _build_campaign_row(campaign: Campaign) -> tuple[Any, ...]:
    design = campaign.design
    return (
        design.campaign_id,
        campaign.run_id,
        campaign.created,
        campaign.source_name,
        design.launch,
        design.days,
        design.reading_day,
        design.hold_out,
        *campaign.sizes.values(),
        campaign.forgotten,
        build_manifest_text(campaign),
    )


def _build_result_rows(values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """One row per segment of a saved reading, and one for all."""
    everything = {
        "segment_id": None,
        "segment_name": "All segments",
        **{name: values[name] for name in ("verdict", "method", "p_value", "per_contacted", "total")},
        **values["arms"],
    }
    return [
        (
            values["campaign_id"],
            *(part[name] for name in ("segment_id", "segment_name", "verdict", "method", "p_value")),
            *(part[arm]["customers"] for arm in ("contacted", "held_back")),
            *(part[arm]["buyers"] for arm in ("contacted", "held_back")),
            *(part["per_contacted"][name] for name in ("net", "gross", "discount", "low", "high")),
            *(part["total"][name] for name in ("net", "gross", "discount", "low", "high")),
            values["sales_until"],
        )
        for part in [*values["segments"], everything]
    ]
