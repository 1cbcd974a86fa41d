"""Reads campaigns that were published to a warehouse, so that a job without the folder of the draw can read them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import ibis
import pyarrow as pa

from segmentation.campaigns.assignment import compute_assignment_keys
from segmentation.campaigns.campaign import ASSIGNMENT_COLUMNS, Campaign, check_campaign_id
from segmentation.campaigns.campaign_values import build_campaign_values, check_format, parse_campaign
from segmentation.errors import CampaignError, SegmentationError
from segmentation.publishing.run_row import describe_source
from segmentation.publishing.snowflake_target import SnowflakeTarget
from segmentation.publishing.targets import DEFAULT_SCHEMA, PublishTarget, SqlConnection, resolve_target
from segmentation.runs.manifest import compute_checksum, to_json_value
from segmentation.runs.manifest_schema import parse_manifest
from segmentation.runtime.sql_identifiers import quote_name
from segmentation.sales.snowflake import SnowflakeSource
from segmentation.sales.source import SalesSource
from segmentation.snowflake_client.credentials import resolve_credentials
from segmentation.snowflake_client.table_names import parse_sales_address, parse_table_name

_NUMBERS = {"segment_id": pa.int64(), "net_before": pa.float64(), "forecast": pa.float64()}
_SCHEMA = pa.schema([(name, _NUMBERS.get(name, pa.string())) for name in ASSIGNMENT_COLUMNS])


def build_manifest_text(campaign: Campaign) -> str:
    """The manifest of a campaign as JSON for the table campaigns: never a path, and with a checksum.

    Raises:
        SettingsError: the settings do not name the table of its sales in Snowflake.
    """
    values = build_campaign_values(campaign)
    sales = values["settings"]["sales"] | {"source": describe_source(campaign.sales.source)}
    values["settings"] = values["settings"] | {"sales": sales}
    return json.dumps(values | {"checksum": compute_checksum(values)}, allow_nan=False)


def find_default_target(source: str) -> str | None:
    """The default target for results of a source: the schema ml_results beside the sales; None: there is none.

    Raises:
        SettingsError: the settings do not name the database of a table in Snowflake.

    >>> find_default_target("duckdb:///data/shop.duckdb?table=fct_sales"), find_default_target("sales.csv")
    ('duckdb:///data/shop.duckdb', None)
    """
    if source.startswith("duckdb:"):
        return source.partition("?")[0]
    if not source.startswith("snowflake:"):
        return None
    table, connection = parse_sales_address(source)
    values = resolve_credentials(connection).values
    schema = (parse_table_name(table, values.get("database"), values.get("schema")).database, DEFAULT_SCHEMA.upper())
    return f"snowflake:{quote_name(schema)}" + (f"?connection={connection}" if connection else "")


def open_stored_campaign(at: str, campaign_id: str) -> Campaign:
    """Open a published campaign.

    Args:
        at: the target that it was published to; see `segmentation.publishing.publish.publish_run`.
        campaign_id: its id.

    Raises:
        SettingsError: the URI or the id is invalid.
        CampaignError: there is no such campaign, or what is stored of it is incomplete or has been changed.
        SourceError: the target cannot be read.
    """
    target = resolve_target(at)
    condition = f"WHERE campaign_id = '{check_campaign_id(campaign_id)}'"
    if target.is_missing():
        raise _build_missing_error(campaign_id, target)
    with target.open_reader() as connection:
        values = _read_manifest(connection, target, campaign_id)
        table = quote_name(target.get_table_name("campaign_assignments"))
        query = f"SELECT {', '.join(_SCHEMA.names)} FROM {table} {condition} ORDER BY segment_id, assignment_key"
        batches = list(connection.iter_batches(query, _SCHEMA))
    try:
        campaign = parse_campaign(values, pa.concat_tables([_SCHEMA.empty_table(), *batches]).to_pandas())
    except CampaignError:
        raise
    except (SegmentationError, KeyError, TypeError, ValueError) as error:
        raise _build_changed_error(campaign_id, target) from error
    keys = compute_assignment_keys(campaign_id, campaign.assignments["customer_id"])
    sizes = to_json_value({"segments": campaign.segments})["segments"]
    if campaign.assignments["assignment_key"].tolist() != keys or sizes != values["segments"]:
        raise _build_changed_error(campaign_id, target)
    return campaign


def find_published_members(campaign: Campaign, source: SalesSource, at: str | None = None) -> ibis.Table | None:
    """The customers of a campaign as a table that a query on the sales in Snowflake can join, so that none is sent.

    Args:
        campaign: as drawn.
        source: the sales.
        at: the target that it was published to; None: where results are published by default.

    Returns:
        a table with customer_id; None: the sales are not in Snowflake, or the campaign is not published there as it is
        now, or cannot be read there.
    """
    if not isinstance(source, SnowflakeSource):
        return None
    try:
        target = resolve_target(at or f"snowflake:{quote_name((source.address.database, DEFAULT_SCHEMA.upper()))}")
        if not isinstance(target, SnowflakeTarget):
            return None
        campaigns, assignments = (target.get_table_name(name) for name in ("campaigns", "campaign_assignments"))
        counted = f"SELECT COUNT(*) FROM {quote_name(assignments)} WHERE campaign_id = ?"
        rows = source.session.fetch_rows(
            f"SELECT manifest, ({counted}) FROM {quote_name(campaigns)} WHERE campaign_id = ?",
            (campaign.campaign_id, campaign.campaign_id),
        )
        expected = (build_manifest_text(campaign), len(campaign.assignments))
    except SegmentationError:  # nothing is published, or the role may not read it: the ids are sent instead
        return None
    if [(text, int(number)) for text, number in rows] != [expected]:
        return None
    database, schema, name = assignments
    names = dict.fromkeys(("CAMPAIGN_ID", "CUSTOMER_ID"), "string")
    table = ibis.table(names, name=name, catalog=database, database=schema)
    return table.filter(campaign.campaign_id == table.CAMPAIGN_ID).select(customer_id=table.CUSTOMER_ID)


def _read_manifest(connection: SqlConnection, target: PublishTarget, campaign_id: str) -> Mapping[str, Any]:
    columns = connection.execute(
        f"SELECT LOWER(column_name) FROM {target.information}.columns WHERE table_schema = ? AND table_name = ?",
        (target.schema[-1], target.get_table_name("campaigns")[-1]),
    )
    if not columns:
        raise _build_missing_error(campaign_id, target)
    text = "manifest" if ("manifest",) in columns else "CAST(NULL AS VARCHAR)"
    table = quote_name(target.get_table_name("campaigns"))
    rows = connection.execute(f"SELECT {text} FROM {table} WHERE campaign_id = ?", (campaign_id,))
    if not rows:
        raise _build_missing_error(campaign_id, target)
    if rows[0][0] is None:
        raise CampaignError(
            f"The campaign {campaign_id} was published by a version that did not store how its sales are read.",
            hint="Publish again from the machine that drew it: python -m segmentation publish.",
        )
    try:
        values = parse_manifest(str(rows[0][0]).encode())
        check_format(values)
    except (ValueError, KeyError) as error:
        raise _build_changed_error(campaign_id, target) from error
    if values.get("checksum") != compute_checksum(values) or values.get("campaign_id") != campaign_id:
        raise _build_changed_error(campaign_id, target)
    return values


def _build_missing_error(campaign_id: str, target: PublishTarget) -> CampaignError:
    return CampaignError(
        f"The campaign {campaign_id} is not published in {target.name}.",
        hint="Publish it from the machine that drew it (python -m segmentation publish), or pass the folder of its "
        "runs (--run).",
    )


def _build_changed_error(campaign_id: str, target: PublishTarget) -> CampaignError:
    return CampaignError(
        f"The campaign {campaign_id} in {target.name} has been changed.",
        hint="Publish again from the machine that drew it: python -m segmentation publish.",
    )
