"""The result of a campaign as a single-file HTML report without scripts or network access."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from segmentation.campaigns.reading import CampaignReading
from segmentation.export.html_templates import load_template
from segmentation.presentation import campaign_tables, campaigns
from segmentation.presentation.formatting import format_date

if TYPE_CHECKING:
    import pandas as pd


def build_campaign_report(reading: CampaignReading) -> bytes:
    """The report of a campaign as one HTML file, in the number format of the context.

    Before the reading day it has the state and the groups, and no result.
    """
    campaign, result = reading.campaign, reading.result
    design, drawn = campaign.design, date.fromisoformat(campaign.created[:10])
    tables = [
        _prepare_table("Groups", "As drawn; they never change.", campaign_tables.build_group_table(campaign)),
    ]
    method: list[str] = []
    if result is None:
        sentences = [campaigns.describe_status(campaign, reading.day), campaigns.describe_missing_sales(reading)]
    else:
        sentences = list(campaigns.describe_result(result, has_discounts=reading.coverage.has_discounts))
        period = "From the launch to the reading day, returns included; customers without a sale count as 0."
        tables += [
            _prepare_table("Sales of both groups", period, campaign_tables.build_arm_table(result)),
            _prepare_table(
                "Result by segment", campaigns.RESULT_TABLE_NOTE, campaign_tables.build_result_table(result)
            ),
        ]
        method = list(campaigns.describe_method(result))
    remarks = (campaigns.describe_missing_customers(reading), campaigns.describe_exclusions(campaign.excluded))
    return (
        load_template("campaign.html.j2")
        .render(
            title=f"Campaign {design.campaign_id}",
            period=campaigns.describe_period(campaign),
            origin=f"Drawn on {format_date(drawn)} from run {campaign.run_id} of {campaign.source_name}.",
            sentences=[*sentences, *filter(None, remarks)],
            tables=tables,
            method=[*method, campaigns.describe_draw(campaign)],
        )
        .encode()
    )


def _prepare_table(title: str, caption: str, table: pd.DataFrame) -> dict[str, object]:
    return {"title": title, "caption": caption, "heads": list(table.columns), "rows": table.to_numpy().tolist()}
