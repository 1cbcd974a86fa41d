"""Stages the customers of a run in the warehouse that holds its sales: no customer leaves the engine."""

from __future__ import annotations

import pandas as pd

from segmentation.errors import LoadConfirmationError, SegmentationError
from segmentation.export.model_sql import render_model_sql
from segmentation.publishing.snowflake_target import SnowflakeTarget
from segmentation.publishing.targets import PublishTarget, SqlConnection
from segmentation.runs.customer_columns import CERTAINTY_COLUMN
from segmentation.runs.load import SavedRun
from segmentation.runtime.sql_identifiers import quote_name
from segmentation.sales.open_source import open_source
from segmentation.sales.snowflake import SnowflakeSource
from segmentation.snowflake_client.table_names import create_temp_table_name

STAGING_READS = 2
"""How often staging reads the sales: to infer what the ids mean, and for the customers."""


def stage_in_warehouse(writer: SqlConnection, target: PublishTarget, run: SavedRun) -> str | None:
    """Create a temporary table with the customers of a run, assigned by its model as SQL, and return its name in SQL.

    The columns are those that `publish_run` loads; the certainty is null, because computing it takes the resamples.

    Returns:
        None if the customers have to be loaded: they fit into memory (`sample_above`), the sales are not in Snowflake,
        the writer may not read them, or they have changed, as shown by their version or by the size of a segment.

    Raises:
        LoadConfirmationError: the table is so large that reading it must be confirmed.
    """
    sales = run.settings.sales
    if not isinstance(target, SnowflakeTarget) or int(run.segments["customers"].sum()) <= sales.sample_above:
        return None
    try:
        source = open_source(sales.source)
        if not isinstance(source, SnowflakeSource):
            return None
        if (run.monitoring or {}).get("source_version", source.version()) != source.version():
            return None
        source.check_size(STAGING_READS)
        query = render_model_sql(run, "snowflake", table=source.address.quoted, source=source)
        stage = quote_name(target.get_table_name(create_temp_table_name("STAGED_SEGMENTS")))
        writer.execute(
            f"CREATE TEMPORARY TABLE {stage} AS SELECT customer_id, segment_id, rfm_recency, rfm_frequency, "
            f"rfm_monetary, CAST(NULL AS FLOAT) AS {CERTAINTY_COLUMN} FROM ({query.strip().rstrip(';')}) AS m"
        )
        counted = writer.execute(f"SELECT segment_id, COUNT(*) FROM {stage} GROUP BY segment_id")
    except LoadConfirmationError:
        raise
    except SegmentationError:
        return None
    expected = _count_by_segment(run.segments)
    return stage if {int(number): int(customers) for number, customers in counted} == expected else None


def _count_by_segment(segments: pd.DataFrame) -> dict[int, int]:
    counts = segments[["segment_id", "customers"]].itertuples(index=False)
    return {int(number): int(customers) for number, customers in counts if customers}
