"""A campaign without its assignments as plain values: for campaign.json, and for the table campaigns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from segmentation.campaigns.campaign import Campaign, CampaignDesign
from segmentation.errors import CampaignError
from segmentation.runs.manifest import to_json_value
from segmentation.settings import RunSettings

FORMAT_VERSION = 1


def build_campaign_values(campaign: Campaign) -> dict[str, Any]:
    """What `parse_campaign` reads: design, origin, settings of the sales, exclusions, and sizes of the segments."""
    design = campaign.design
    values: dict[str, Any] = to_json_value(
        {
            "format": FORMAT_VERSION,
            "campaign_id": design.campaign_id,
            "launch": design.launch,
            "days": design.days,
            "reading_day": design.reading_day,
            "hold_out_permille": design.permille,
            "run_id": campaign.run_id,
            "created": campaign.created,
            "source_name": campaign.source_name,
            "settings": RunSettings(campaign.sales).to_dict(),
            "segments": campaign.segments,
            "excluded": campaign.excluded,
            "forgotten": campaign.forgotten,
        }
    )
    return values


def check_format(values: Mapping[str, Any]) -> None:
    """Raise CampaignError where another version saved a campaign in a format of its own."""
    if values["format"] != FORMAT_VERSION:
        raise CampaignError(
            f"The campaign {values['campaign_id']} was saved in format {values['format']}; this version reads "
            f"{FORMAT_VERSION}.",
            hint="Open it with the version that saved it.",
        )


def parse_campaign(values: Mapping[str, Any], assignments: pd.DataFrame) -> Campaign:
    """The campaign with these values and assignments.

    Raises:
        SegmentationError, KeyError, TypeError, ValueError: the values are damaged.
    """
    launch = date.fromisoformat(values["launch"])
    return Campaign(
        design=CampaignDesign(values["campaign_id"], launch, values["days"], values["hold_out_permille"]),
        assignments=assignments,
        run_id=values["run_id"],
        created=values["created"],
        source_name=values["source_name"],
        sales=RunSettings.from_dict(values["settings"]).sales,
        excluded=values["excluded"],
        forgotten=values["forgotten"],
    )
