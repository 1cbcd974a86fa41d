"""Customers of a run for a campaign, and what is printed of the groups."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from segmentation.campaigns.assignment import CONTACTED, HELD_BACK
from segmentation.cli import campaign_tables, console
from segmentation.export.campaign_lists import INVALID_FILE
from segmentation.export.contacts import ContactList, describe_contacts
from segmentation.export.customer_list import resolve_segment_ids
from segmentation.runs.load import SavedRun


def find_segment_ids(run: SavedRun, segments: list[str] | None) -> list[int]:
    """The ids of some segments of a run, by name or number, or of all."""
    if segments is None:
        return [int(number) for number in run.segments["segment_id"]]
    return resolve_segment_ids(run.segments, segments)


def select_customers(run: SavedRun, segments: list[str] | None) -> pd.DataFrame:
    """The customers of some segments of a run, or of all."""
    return pd.concat(run.iter_customers(find_segment_ids(run, segments)), ignore_index=True)


def list_names(customers: pd.DataFrame) -> list[str]:
    """The names of their segments, by segment_id."""
    return customers.drop_duplicates("segment_id").sort_values("segment_id")["segment_name"].tolist()


def print_campaign(campaign_id: str, segments: pd.DataFrame, out: Path, joined: ContactList | None = None) -> None:
    """Print how many customers are in each group, and which files were written; segments: `Campaign.segments`."""
    campaign_tables.print_campaign_segments(segments)
    console.print_line(
        f"Campaign {campaign_id}: {segments[CONTACTED].sum():,} contacted, {segments[HELD_BACK].sum():,} held back. "
        f"Written: {out / 'contacted.csv'}, {out / 'held_back.csv'}"
    )
    if joined is not None:
        for text in describe_contacts(joined):
            console.print_line(text)
        if len(joined.invalid):
            console.print_line(f"Written: {out / INVALID_FILE}")
