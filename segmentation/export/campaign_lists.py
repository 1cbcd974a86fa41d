"""The two lists of a campaign: contacted.csv for the mailing tool, and held_back.csv; and the list actually sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from segmentation.campaigns.assignment import CONTACTED, HELD_BACK
from segmentation.campaigns.campaign import Campaign
from segmentation.campaigns.sent_list import normalize_id
from segmentation.export.contact_table import find_id_column, parse_uploaded_table, read_contact_table
from segmentation.export.contacts import ContactList, ContactOptions, join_contacts
from segmentation.runtime.atomic_files import atomic_write
from segmentation.runtime.tabular_files import render_csv, write_csv

LIST_COLUMNS = ("customer_id", "segment_id", "segment_name", "group", "campaign_id")
INVALID_FILE = "invalid_addresses.csv"
FILES = {CONTACTED: "contacted.csv", HELD_BACK: "held_back.csv"}


def build_campaign_list(campaign: Campaign, arm: str) -> pd.DataFrame:
    """The customers of one arm in LIST_COLUMNS, by segment_id, then customer_id."""
    return pd.concat(_iter_list(campaign, arm), ignore_index=True)


def _iter_list(campaign: Campaign, arm: str) -> Iterator[pd.DataFrame]:
    for rows in campaign.iter_arm(arm):
        yield rows.rename(columns={"arm": "group"})[list(LIST_COLUMNS)]


def write_campaign_lists(
    campaign: Campaign,
    folder: Path,
    *,
    raw: bool = False,
    contacts: pd.DataFrame | None = None,
    options: ContactOptions | None = None,
) -> ContactList | None:
    """Write both lists into a folder.

    Args:
        campaign: the groups as drawn.
        folder: an existing one.
        raw: do not escape formulas (see `write_csv`); the format of a tool is always written so.
        contacts: joined to the contacted; invalid addresses are listed in INVALID_FILE. None: no contact columns.
        options: how they are joined; None: the columns as they are.

    Returns:
        the joined list; None without contacts.

    Raises:
        SettingsError: a file cannot be written, or the format is unknown.
        ColumnError: a column of the contact table is missing.
    """
    options = options or ContactOptions()
    joined = None
    if contacts is not None:
        joined = join_contacts(build_campaign_list(campaign, CONTACTED), contacts, options)
    with atomic_write(folder / FILES[CONTACTED]) as out:
        rows = _iter_list(campaign, CONTACTED) if joined is None else joined.frame
        write_csv(rows, out, escape_formulas=not raw and options.contact_format is None)
    with atomic_write(folder / FILES[HELD_BACK]) as out:
        write_csv(_iter_list(campaign, HELD_BACK), out, escape_formulas=not raw)
    if joined is not None:
        with atomic_write(folder / INVALID_FILE) as out:
            write_csv(joined.invalid, out, escape_formulas=not raw)
    return joined


def render_campaign_list(campaign: Campaign, arm: str) -> bytes:
    """The list of one arm as CSV for spreadsheets, for downloads."""
    return render_csv(build_campaign_list(campaign, arm))


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
    """The customer ids of an uploaded list.

    Raises:
        SourceError: it cannot be read.
        ColumnError: no column holds customer ids.
    """
    return _get_ids(parse_uploaded_table(data, name), campaign)


def _get_ids(table: pd.DataFrame, campaign: Campaign) -> pd.Series:
    """The ids of a list; the first line of ids alone may be an id instead of a header."""
    customer_ids = campaign.assignments["customer_id"]
    column = find_id_column(table, customer_ids)
    ids = table[column]
    if len(table.columns) == 1 and normalize_id(column) in set(customer_ids.map(normalize_id)):
        return pd.concat([pd.Series([column]), ids], ignore_index=True)
    return ids
