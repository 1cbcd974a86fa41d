"""`campaign read`: from the folder of the draw, or from what was published."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from segmentation.campaigns import storage
from segmentation.campaigns.campaign import Campaign
from segmentation.campaigns.reading import CampaignReading, read_campaign
from segmentation.campaigns.result_json import summarize_reading
from segmentation.campaigns.sent_list import check_sent_list
from segmentation.cli import campaign_tables, console
from segmentation.cli.sales_settings import build_sales_settings
from segmentation.errors import SettingsError
from segmentation.export.campaign_lists import read_sent_ids
from segmentation.presentation import campaigns as sentences
from segmentation.publishing.campaign_tables import publish_campaign_result
from segmentation.publishing.stored_campaigns import (
    find_default_target,
    find_published_members,
    open_stored_campaign,
)
from segmentation.publishing.targets import resolve_target
from segmentation.runs.manifest import to_json_value
from segmentation.runtime.atomic_files import atomic_write, resolve_output_path
from segmentation.sales.open_source import open_source


def read(arguments: Namespace) -> None:
    """Measure what a campaign brought, or say when that can be done."""
    if not 0 <= arguments.cost_per_message < np.inf:
        raise SettingsError("The cost per message cannot be below 0.", hint="Write it like 0.1.")
    if arguments.report:
        resolve_output_path(arguments.report)
    if arguments.to:
        resolve_target(arguments.to)
    drawn, published_at = _open_campaign(arguments)
    check = None if arguments.sent is None else check_sent_list(drawn.assignments, read_sent_ids(arguments.sent, drawn))
    settings = replace(build_sales_settings(arguments, drawn.sales), as_of=arguments.as_of)
    with console.show_progress(quiet=arguments.quiet or arguments.json) as progress:
        progress(0.1, "Reading the sales")
        source = open_source(settings.source)
        members = find_published_members(drawn, source, published_at)
        reading = read_campaign(drawn, settings, source, members=members, cost_per_message=arguments.cost_per_message)
    values = summarize_reading(reading)
    texts = _describe_reading(reading)
    if check is not None:
        values["sent_list"] = to_json_value(vars(check)) | {"is_sound": check.is_sound}
        texts += list(sentences.describe_sent_list(check))
    values["sentences"] = texts
    target = _keep_result(arguments, values, is_local=published_at is None) if reading.result is not None else ""
    if arguments.json:
        campaign_tables.print_json(values)
    elif not arguments.quiet:
        if reading.result is not None:
            campaign_tables.print_campaign_result(reading.result)
        for text in texts:
            console.print_line(text)
        if target:
            console.print_line(f"Published to {target}.")
    if arguments.report:
        from segmentation.export.campaign_report import build_campaign_report

        with atomic_write(arguments.report) as out:
            out.write(build_campaign_report(reading))
        if not (arguments.quiet or arguments.json):
            console.print_line(f"Written: {arguments.report}")


def _open_campaign(arguments: Namespace) -> tuple[Campaign, str | None]:
    """The campaign of the folder, or, where it has none of this id, the published one and where it is published."""
    folder = storage.get_campaigns_folder(arguments.run)
    at = arguments.published
    if at is None and not storage.is_drawn(folder, arguments.id):
        at = find_default_target(arguments.source or "")
    if at is None:
        return storage.open_campaign(folder, arguments.id), None
    return open_stored_campaign(at, arguments.id), at


def _keep_result(arguments: Namespace, values: Mapping[str, Any], *, is_local: bool) -> str:
    """Save the result beside the campaign, publish it with --to, and return the name of the target, or nothing."""
    if is_local:
        storage.save_results(storage.get_campaigns_folder(arguments.run), arguments.id, values)
    return publish_campaign_result(values, arguments.to) if arguments.to else ""


def _describe_reading(reading: CampaignReading) -> list[str]:
    if reading.result is None:
        return [sentences.describe_status(reading.campaign, reading.day), sentences.describe_missing_sales(reading)]
    has_discounts = reading.coverage.has_discounts
    texts = [*sentences.describe_result(reading.result, has_discounts=has_discounts)]
    return [*texts, *filter(None, [sentences.describe_missing_customers(reading)])]
