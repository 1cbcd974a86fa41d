"""The two lists of a campaign: contacted.csv for the mailing tool, and held_back.csv; and the list really sent."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd

from segmentation.campaigns.assignment import CONTACTED, HELD_BACK
from segmentation.campaigns.campaign import Campaign
from segmentation.export.contact_table import fetch_as_text, find_id_column, read_contact_table
from segmentation.runtime.atomic_files import atomic_write
from segmentation.runtime.tabular_files import write_csv
from segmentation.sales.upload_store import create_token, remove_upload, store_upload

LIST_COLUMNS = ("customer_id", "segment_id", "segment_name", "group", "campaign_id")
FILES = {CONTACTED: "contacted.csv", HELD_BACK: "held_back.csv"}


def build_campaign_list(campaign: Campaign, arm: str) -> pd.DataFrame:
    """The customers of one arm in LIST_COLUMNS, by segment_id, then customer_id."""
    rows = campaign.assignments[campaign.assignments["arm"] == arm]
    rows = rows.sort_values(["segment_id", "customer_id"], ignore_index=True)
    return rows.rename(columns={"arm": "group"})[list(LIST_COLUMNS)]


def write_campaign_lists(campaign: Campaign, folder: Path, *, raw: bool = False) -> None:
    """Write both lists into a folder; raw: do not escape formulas (see `write_csv`).

    Raises:
        SettingsError: a file cannot be written.
    """
    for arm, name in FILES.items():
        with atomic_write(folder / name) as out:
            write_csv(build_campaign_list(campaign, arm), out, escape_formulas=not raw)


def render_campaign_list(campaign: Campaign, arm: str) -> bytes:
    """The list of one arm as CSV for spreadsheets, for downloads."""
    out = io.BytesIO()
    write_csv(build_campaign_list(campaign, arm), out, escape_formulas=True)
    return out.getvalue()


def read_sent_ids(uri: str, campaign: Campaign) -> pd.Series:
    """The customer ids of a list that was sent, as text.

    Args:
        uri: a CSV, workbook or Parquet file, or a table.
        campaign: whose customers are on it.

    Raises:
        SourceError: it cannot be read.
        ColumnError: no column holds customer ids.
    """
    return _get_ids(read_contact_table(uri), campaign)


def parse_sent_ids(data: bytes, name: str, campaign: Campaign) -> pd.Series:
    """The customer ids of an uploaded list; it is decoded as uploaded sales are, and deleted at once.

    Raises:
        SourceError: it cannot be read.
        ColumnError: no column holds customer ids.
    """
    token = create_token()
    try:
        return _get_ids(fetch_as_text(store_upload(data, name, token)), campaign)
    finally:
        remove_upload(token)


def _get_ids(table: pd.DataFrame, campaign: Campaign) -> pd.Series:
    return table[find_id_column(table, campaign.assignments["customer_id"])]
