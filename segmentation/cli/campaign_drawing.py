"""`campaign draw`: in memory, or in DuckDB above the customer limit."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import TypeVar

from segmentation.campaigns import storage
from segmentation.campaigns.assignment import CONTACTED
from segmentation.campaigns.campaign import Campaign, CampaignDesign, to_permille
from segmentation.campaigns.drawing import DrawContext, Exclusions, draw_campaign
from segmentation.campaigns.engine_draw import draw_in_engine
from segmentation.campaigns.planning import add_launch_columns, add_unknown_launch_columns, iter_net_before
from segmentation.cli import console
from segmentation.cli.campaign_runs import find_segment_ids, print_campaign, select_customers
from segmentation.cli.contact_options import read_contacts
from segmentation.cli.sales_settings import build_sales_settings
from segmentation.errors import LoadConfirmationError, SegmentationError, SettingsError
from segmentation.export.campaign_lists import build_campaign_list, write_campaign_lists
from segmentation.export.contacts import join_contacts, select_consenting
from segmentation.presentation import campaigns as sentences
from segmentation.runs.load import open_run
from segmentation.runtime.atomic_files import create_output_folder

Result = TypeVar("Result")


def draw(arguments: Namespace) -> None:
    """Draw who is held back, save the campaign, and write both lists."""
    run = open_run(arguments.run)
    folder = storage.get_campaigns_folder(arguments.run)
    launch = arguments.launch or run.as_of
    design = CampaignDesign(arguments.id, launch, arguments.days, to_permille(arguments.hold_out))
    exclusions = _build_exclusions(arguments)
    storage.check_not_drawn(folder, design.campaign_id)
    contacts, options = read_contacts(arguments)
    settings = replace(build_sales_settings(arguments, run.settings.sales), as_of=arguments.as_of)
    create_output_folder(arguments.out)
    context = DrawContext(run.run_id, run.source_name, settings)
    others, _ = storage.list_campaigns(folder)
    notices: list[str] = []
    with console.show_progress(quiet=arguments.quiet) as progress:
        progress(0.1, "Reading the sales before the launch")
        segment_ids = find_segment_ids(run, arguments.segment)
        sizes = run.segments.set_index("segment_id")["customers"]
        if contacts is None and sizes.loc[segment_ids].sum() > settings.sample_above:
            rows = run.iter_customers(segment_ids)
            net_before = _read_sales(arguments, notices, lambda: iter_net_before(settings, launch, design.days))
            progress(0.3, "Drawing")
            drawing: AbstractContextManager[Campaign] = draw_in_engine(
                design, rows, net_before or (), context, exclusions, others
            )
        else:
            customers = select_customers(run, arguments.segment)
            known = _read_sales(
                arguments, notices, lambda: add_launch_columns(customers, settings, launch, design.days)
            )
            customers = add_unknown_launch_columns(customers) if known is None else known
            progress(0.8, "Drawing")
            if contacts is not None and options.consent_column is not None:
                customers = customers.assign(consent=select_consenting(customers["customer_id"], contacts, options))
            drawing = nullcontext(draw_campaign(design, customers, context, exclusions, others))
        with drawing as drawn:
            if contacts is not None:  # a column that is missing must be noticed before the campaign is saved
                join_contacts(build_campaign_list(drawn, CONTACTED), contacts, options)
            path = storage.save_campaign(drawn, folder)
            joined = write_campaign_lists(drawn, arguments.out, raw=arguments.raw, contacts=contacts, options=options)
            segments = drawn.segments
    if not arguments.quiet:
        print_campaign(drawn.campaign_id, segments, arguments.out, joined)
        for text in filter(None, (sentences.describe_exclusions(drawn.excluded), *notices)):
            console.print_line(text)
        console.print_line(f"Saved: {path}. The result can be read on {design.reading_day}.")


def _read_sales(arguments: Namespace, notices: list[str], read: Callable[[], Result]) -> Result | None:
    """What is read from the sales; None, with a notice, where the sales of the run cannot be read."""
    try:
        return read()
    except SegmentationError as error:
        if arguments.source or isinstance(error, LoadConfirmationError):
            raise
        notices.append(f"The sales of the run cannot be read, so net_before and forecast are unknown: {error.message}")
        return None


def _build_exclusions(arguments: Namespace) -> Exclusions:
    for name in ("min_certainty", "global_hold_out"):
        if not 0 <= getattr(arguments, name) < 1:
            raise SettingsError(f"--{name.replace('_', '-')} is a share from 0 to 1.", hint="Write it like 0.05.")
    if arguments.at_most is not None and arguments.at_most < 1:
        raise SettingsError("--at-most is a number of customers.", hint="Write it like 5000.")
    return Exclusions(arguments.global_hold_out, arguments.exclude_running, arguments.min_certainty, arguments.at_most)
