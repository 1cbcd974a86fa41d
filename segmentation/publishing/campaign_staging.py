"""Stages the assignments of a large campaign in the warehouse by repeating the draw as a query: no customer is sent."""

from __future__ import annotations

from segmentation.campaigns.assignment import render_assignment_sql
from segmentation.campaigns.campaign import ASSIGNMENT_COLUMNS, Campaign
from segmentation.errors import SegmentationError
from segmentation.publishing.snowflake_target import SnowflakeTarget
from segmentation.publishing.targets import PublishTarget, SqlConnection
from segmentation.runtime.sql_identifiers import quote_name
from segmentation.snowflake_client.table_names import create_temp_table_name


def can_be_drawn_in(target: PublishTarget, campaign: Campaign) -> bool:
    """Whether the target can repeat the draw of a campaign, whose assignments are too many to send.

    That is so above `sample_above` customers, if nobody was excluded or forgotten and the assignments hold neither
    earlier sales nor a forecast: then the draw alone determines them.
    """
    assignments = campaign.assignments
    return (
        isinstance(target, SnowflakeTarget)
        and len(assignments) > campaign.sales.sample_above
        and not (campaign.forgotten or any(campaign.excluded.values()))
        and not assignments[["net_before", "forecast"]].notna().any(axis=None)
    )


def stage_draw(writer: SqlConnection, target: PublishTarget, campaign: Campaign) -> str | None:
    """Create a temporary table with the assignments for `replace_rows`, and return its name in SQL.

    They are drawn from the published customers of the run.

    Returns:
        None if they have to be loaded: the run is not published, or its draw differs.
    """
    segments = campaign.segments
    names = dict(zip(segments["segment_id"].tolist(), segments["segment_name"].tolist(), strict=True))
    customers, drawn = (
        target.get_table_name(create_temp_table_name(name)) for name in ("DRAWN_CUSTOMERS", "STAGED_ASSIGNMENTS")
    )
    history = quote_name(target.get_table_name("customer_segments_history"))
    values = {
        "campaign_id": "?",
        "segment_name": f"CASE segment_id {'WHEN ? THEN ? ' * len(names)}END",
        "net_before": "CAST(NULL AS FLOAT)",
        "forecast": "CAST(NULL AS FLOAT)",
    }
    staged = ", ".join(f"{values.get(name, name)} AS value_{number}" for number, name in enumerate(ASSIGNMENT_COLUMNS))
    try:
        writer.execute(
            f"CREATE TEMPORARY TABLE {quote_name(customers)} AS SELECT customer_id, segment_id FROM {history} "
            f"WHERE run_id = ? AND segment_id IN ({', '.join('?' * len(names))})",
            (campaign.run_id, *names),
        )
        query = render_assignment_sql(campaign.campaign_id, campaign.design.permille, customers, "snowflake")
        writer.execute(
            f"CREATE TEMPORARY TABLE {quote_name(drawn)} AS SELECT {staged} FROM (SELECT "
            + ", ".join(f'"{name}" AS {name}' for name in ("customer_id", "segment_id", "arm", "assignment_key"))
            + f" FROM ({query}) AS q) AS d",
            (campaign.campaign_id, *(part for pair in names.items() for part in pair)),
        )
        rows = writer.execute(
            "SELECT value_2, value_4, COUNT(*), MIN(value_5), MAX(value_5) FROM "
            f"{quote_name(drawn)} GROUP BY value_2, value_4"
        )
    except SegmentationError:
        return None
    groups = campaign.assignments.groupby(["segment_id", "arm"])["assignment_key"].agg(["size", "min", "max"])
    expected = set(groups.reset_index().itertuples(index=False, name=None))
    staged_groups = {(int(segment), arm, int(size), low, high) for segment, arm, size, low, high in rows}
    return quote_name(drawn) if staged_groups == expected else None
