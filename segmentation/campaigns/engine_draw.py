"""The draw above the customer limit: exclusions and assignment are queries of DuckDB, and the result is streamed.

The steps, their order and their result are those of `segmentation.campaigns.drawing`; customers are on disk, never all
in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb
import ibis
import pandas as pd
import pyarrow as pa

from segmentation.campaigns.assignment import CONTACTED, HELD_BACK, build_assignment_query
from segmentation.campaigns.campaign import ASSIGNMENT_COLUMNS, Campaign, CampaignDesign
from segmentation.campaigns.drawing import (
    GLOBAL_SALT,
    DrawContext,
    Exclusions,
    check_arms,
    check_certainty,
    check_remaining,
    get_global_limit,
)
from segmentation.runs.customer_columns import CERTAINTY_COLUMN
from segmentation.runs.manifest import format_utc
from segmentation.runtime import workdir
from segmentation.sales.duckdb import BATCH_ROWS, CONFIG, with_temp_directory

_CUSTOMERS = pa.schema(
    [
        ("customer_id", pa.string()),
        ("segment_id", pa.int64()),
        ("segment_name", pa.string()),
        ("rfm_monetary", pa.float64()),
        (CERTAINTY_COLUMN, pa.float64()),
    ]
)
_NET_BEFORE = pa.schema([("customer_id", pa.string()), ("net_before", pa.float64())])
_ASSIGNMENTS = ", ".join(ASSIGNMENT_COLUMNS)


@dataclass(frozen=True, eq=False)
class EngineCampaign(Campaign):
    """A campaign whose customers are in a database; `assignments` has no rows. Readable while the draw is open."""

    connection: duckdb.DuckDBPyConnection | None = None

    @property
    def sizes(self) -> dict[str, int]:
        """Customers in each arm."""
        return {arm: int(self.segments[arm].sum()) for arm in (CONTACTED, HELD_BACK)}

    @property
    def segments(self) -> pd.DataFrame:
        """As `Campaign.segments`."""
        counts = ", ".join(f"count(*) filter (arm = '{arm}') as {arm}" for arm in (CONTACTED, HELD_BACK))
        query = f"select segment_id, segment_name, {counts} from assignments group by all order by 1"
        frame: pd.DataFrame = self._query(query).df()
        return frame

    def iter_assignments(self) -> Iterator[pd.DataFrame]:
        """As `Campaign.iter_assignments`, in batches."""
        yield from self._iter_batches(f"select {_ASSIGNMENTS} from assignments order by segment_id, assignment_key")

    def iter_arm(self, arm: str) -> Iterator[pd.DataFrame]:
        """As `Campaign.iter_arm`, in batches."""
        where = f"where arm = '{arm}' order by segment_id, customer_id"
        yield from self._iter_batches(f"select {_ASSIGNMENTS} from assignments {where}")

    def _iter_batches(self, sql: str) -> Iterator[pd.DataFrame]:
        for batch in self._query(sql).to_arrow_reader(BATCH_ROWS):
            yield pa.Table.from_batches([batch]).to_pandas()

    def _query(self, sql: str) -> duckdb.DuckDBPyRelation:
        assert self.connection is not None
        return self.connection.cursor().sql(sql)


@contextmanager
def draw_in_engine(
    design: CampaignDesign,
    customers: Iterable[pd.DataFrame],
    net_before: Iterable[pa.Table],
    context: DrawContext,
    exclusions: Exclusions,
    others: Sequence[Campaign] = (),
) -> Iterator[EngineCampaign]:
    """Apply the exclusions, and draw who is held back, as `draw_campaign` does.

    Args:
        design, context, exclusions, others: as in `draw_campaign`; the highest values are those of rfm_monetary.
        customers: batches of the chosen segments: customer_id, segment_id, segment_name, rfm_monetary, and certainty
            where it is known. There is no forecast.
        net_before: batches of customer_id and net_before, the net sales of the `days` before the launch, of every
            customer with sales in them; none at all: unknown.

    Yields:
        the campaign; it ends with the context.

    Raises:
        CampaignError: as in `draw_campaign`.
    """
    folder = workdir.get_scratch_dir()
    folder.mkdir()
    path = folder / "draw.duckdb"
    with duckdb.connect(str(path), config=with_temp_directory(CONFIG)) as connection:
        has_certainty = _load(connection, "customers", _CUSTOMERS, customers)[CERTAINTY_COLUMN]
        has_history = _load(connection, "before", _NET_BEFORE, net_before)["customer_id"]
        before = _count(connection)
        if exclusions.min_certainty > 0:
            check_certainty(has_certainty)
        excluded = _exclude(connection, design, exclusions, others)
        check_remaining(_count(connection), before)
        _assign(connection, design, has_history)
        campaign = EngineCampaign(
            design=design,
            assignments=pd.DataFrame(columns=list(ASSIGNMENT_COLUMNS)),
            run_id=context.run_id,
            created=format_utc(datetime.now(UTC)),
            source_name=context.source_name,
            sales=context.sales,
            excluded=excluded,
            connection=connection,
        )
        check_arms(campaign.sizes)
        yield campaign
    path.unlink()


def _load(
    connection: duckdb.DuckDBPyConnection, name: str, schema: pa.Schema, batches: Iterable[pd.DataFrame | pa.Table]
) -> Mapping[str, bool]:
    """Create a table from batches, and return whether each column has a value."""
    connection.register("batch", schema.empty_table())
    connection.execute(f"create table {name} as select * from batch")
    for batch in batches:
        frame = batch if isinstance(batch, pd.DataFrame) else batch.to_pandas()
        rows = pa.Table.from_pandas(frame.reindex(columns=schema.names), schema, preserve_index=False)
        connection.register("batch", rows)
        connection.execute(f"insert into {name} select * from batch")
    connection.unregister("batch")
    counts = connection.execute(f"select {', '.join(f'count({column})' for column in schema.names)} from {name}")
    return {column: number > 0 for column, number in zip(schema.names, counts.fetchall()[0], strict=True)}


def _count(connection: duckdb.DuckDBPyConnection) -> int:
    return int(connection.execute("select count(*) from customers").fetchall()[0][0])


def _exclude(
    connection: duckdb.DuckDBPyConnection,
    design: CampaignDesign,
    exclusions: Exclusions,
    others: Sequence[Campaign],
) -> dict[str, int]:
    """Delete those who are left out, and return reason -> how many, as `exclude_customers` does."""
    counts: dict[str, int] = {}

    def delete(condition: str, reason: str, values: Sequence[object] = ()) -> None:
        counts[reason] = connection.execute(f"delete from customers where {condition}", values).fetchall()[0][0]

    if exclusions.global_hold_out > 0:
        limit = get_global_limit(exclusions.global_hold_out)
        delete("left(sha256(? || '|' || customer_id), 8) < ?", "global_hold_out", (GLOBAL_SALT, limit))
    if exclusions.in_overlapping_campaign:
        ids = [other.assignments["customer_id"] for other in others if other.design.overlaps(design)]
        overlapping = pd.concat([pd.Series(dtype="str"), *ids], ignore_index=True)
        connection.register("overlapping", pa.table({"customer_id": pa.array(overlapping, pa.string())}))
        delete("customer_id in (select customer_id from overlapping)", "running_campaign")
        connection.unregister("overlapping")
    if exclusions.min_certainty > 0:
        delete(f"not coalesce({CERTAINTY_COLUMN} >= ?, false)", "borderline", (exclusions.min_certainty,))
    if exclusions.at_most is not None:
        first = "select customer_id from customers order by rfm_monetary desc nulls last, customer_id limit ?"
        delete(f"customer_id not in ({first})", "beyond_at_most", (exclusions.at_most,))
    return counts


def _assign(connection: duckdb.DuckDBPyConnection, design: CampaignDesign, has_history: bool) -> None:
    """Create the table of assignments by the query of `campaign sql`."""
    table = ibis.table({"customer_id": "string", "segment_id": "int64"}, name="customers")
    query = build_assignment_query(table, design.campaign_id, design.permille, "duckdb")
    drawn = str(ibis.to_sql(query, dialect="duckdb"))
    known = "coalesce(b.net_before, 0)" if has_history else "cast(null as double)"
    connection.execute(
        f"create table assignments as select ? as campaign_id, customer_id, d.segment_id, c.segment_name, d.arm, "
        f"d.assignment_key, {known} as net_before, cast(null as double) as forecast from ({drawn}) as d "
        "join customers as c using (customer_id) left join before as b using (customer_id)",
        (design.campaign_id,),
    )
