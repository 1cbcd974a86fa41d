"""The subcommands of `campaign`."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd

from segmentation.campaigns import planning, power, storage
from segmentation.campaigns.assignment import CONTACTED, HELD_BACK, render_assignment_sql
from segmentation.campaigns.campaign import Campaign, CampaignDesign, check_campaign_id, check_days, to_permille
from segmentation.campaigns.drawing import DrawContext, Exclusions, draw_campaign
from segmentation.campaigns.result_json import summarize_campaign, summarize_plan
from segmentation.cli import campaign_reading, campaign_tables, console
from segmentation.cli.contact_options import read_contacts
from segmentation.cli.sales_settings import build_sales_settings
from segmentation.customers.segment_model import SegmentModel
from segmentation.errors import LoadConfirmationError, SegmentationError, SettingsError
from segmentation.export.campaign_lists import INVALID_FILE, build_campaign_list, write_campaign_lists
from segmentation.export.contacts import ContactList, describe_contacts, join_contacts, select_consenting
from segmentation.export.customer_list import resolve_segment_ids
from segmentation.presentation import campaign_plans
from segmentation.presentation import campaigns as sentences
from segmentation.runs.load import SavedRun, open_run
from segmentation.runtime.atomic_files import create_output_folder
from segmentation.runtime.sql_identifiers import parse_name


def campaign(arguments: Namespace) -> None:
    """Plan, draw, read, list or change campaigns."""
    commands: dict[str, Callable[[Namespace], None]] = {
        "plan": plan,
        "draw": draw,
        "export": export,
        "sql": sql,
        "read": campaign_reading.read,
        "list": list_all,
        "forget": forget,
    }
    commands[arguments.subcommand](arguments)


def plan(arguments: Namespace) -> None:
    """Say which lift each share held back would detect."""
    permille, days = to_permille(arguments.hold_out), check_days(arguments.days)
    lift = planning.TARGET_LIFT if arguments.lift is None else arguments.lift
    if not 0 < lift <= power.MAX_LIFT:
        raise SettingsError(f"A lift of {lift:g} cannot be planned for.", hint="Choose 0.1 for 10 %.")
    run = open_run(arguments.run)
    customers = _select_customers(run, arguments.segment)
    settings = build_sales_settings(arguments, run.settings.sales)
    settings = replace(settings, as_of=arguments.as_of or _get_as_of(run))
    with console.show_progress(quiet=arguments.quiet or arguments.json) as progress:
        spend = planning.fetch_planning_spend(
            SegmentModel.from_run(run), customers, settings, days, on_progress=progress.create_subtask(0.0, 0.7)
        )
        progress(0.7, "Simulating campaigns")
        sizes = customers["segment_id"].value_counts().sort_index()
        result = power.plan_hold_out(spend.frame, sizes, days, target_lift=lift, permilles=[*power.HOLD_OUTS, permille])
    names = _list_names(customers)
    texts = [
        campaign_plans.describe_power(result, permille, takes_all_segments=len(names) == run.k),
        campaign_plans.describe_suggestion(result),
        campaign_plans.describe_planning_spend(days, is_of_earlier_members=spend.is_of_earlier_members),
    ]
    texts = [text for text in texts if text]
    if arguments.json:
        values = summarize_plan(result) | {"segments": names, "is_of_earlier_members": spend.is_of_earlier_members}
        campaign_tables.print_json(values | {"sentences": texts})
    elif not arguments.quiet:
        campaign_tables.print_campaign_plan(result)
        for text in texts:
            console.print_line(text)


def draw(arguments: Namespace) -> None:
    """Draw who is held back, save the campaign, and write both lists."""
    run = open_run(arguments.run)
    folder = storage.get_campaigns_folder(arguments.run)
    launch = arguments.launch or _get_as_of(run)
    design = CampaignDesign(arguments.id, launch, arguments.days, to_permille(arguments.hold_out))
    exclusions = _build_exclusions(arguments)
    storage.check_not_drawn(folder, design.campaign_id)
    contacts, options = read_contacts(arguments)
    settings = replace(build_sales_settings(arguments, run.settings.sales), as_of=arguments.as_of)
    customers = _select_customers(run, arguments.segment)
    create_output_folder(arguments.out)
    notice = ""
    with console.show_progress(quiet=arguments.quiet) as progress:
        progress(0.1, "Reading the sales before the launch")
        try:
            customers = planning.add_launch_columns(customers, settings, launch, design.days)
        except SegmentationError as error:
            if arguments.source or isinstance(error, LoadConfirmationError):
                raise
            customers = planning.add_unknown_launch_columns(customers)
            notice = f"The sales of the run cannot be read, so net_before and forecast are unknown: {error.message}"
        progress(0.8, "Drawing")
        others, _ = storage.list_campaigns(folder)
        if contacts is not None and options.consent_column is not None:
            customers = customers.assign(consent=select_consenting(customers["customer_id"], contacts, options))
        context = DrawContext(run.run_id, run.source_name, settings)
        drawn = draw_campaign(design, customers, context, exclusions, others)
        if contacts is not None:  # a column that is missing must be noticed before the campaign is saved
            join_contacts(build_campaign_list(drawn, CONTACTED), contacts, options)
        path = storage.save_campaign(drawn, folder)
        joined = write_campaign_lists(drawn, arguments.out, raw=arguments.raw, contacts=contacts, options=options)
    if not arguments.quiet:
        _print_campaign(drawn, arguments.out, joined)
        for text in filter(None, (sentences.describe_exclusions(drawn.excluded), notice)):
            console.print_line(text)
        console.print_line(f"Saved: {path}. The result can be read on {design.reading_day}.")


def export(arguments: Namespace) -> None:
    """Write the lists of a drawn campaign again."""
    drawn = storage.open_campaign(storage.get_campaigns_folder(arguments.run), arguments.id)
    contacts, options = read_contacts(arguments)
    create_output_folder(arguments.out)
    joined = write_campaign_lists(drawn, arguments.out, raw=arguments.raw, contacts=contacts, options=options)
    if not arguments.quiet:
        _print_campaign(drawn, arguments.out, joined)


def sql(arguments: Namespace) -> None:
    """Print the draw as a query."""
    permille = to_permille(arguments.hold_out)
    name = parse_name(arguments.table, arguments.dialect)
    print(render_assignment_sql(check_campaign_id(arguments.id), permille, name, arguments.dialect))


def list_all(arguments: Namespace) -> None:
    """List the campaigns, latest first."""
    folder = storage.get_campaigns_folder(arguments.run)
    campaigns, problems = storage.list_campaigns(folder)
    today = datetime.now(UTC).date()
    if arguments.json:
        rows = [summarize_campaign(one) | {"is_running": one.is_running(today)} for one in campaigns]
        campaign_tables.print_json({"campaigns": rows, "damaged": problems})
        return
    if not (campaigns or problems):
        console.print_line(f"There are no campaigns in {folder}.")
    if campaigns:
        campaign_tables.print_campaigns(campaigns)
    for one in campaigns:
        day = (today - one.design.launch).days + 1
        console.print_line(f"{one.campaign_id}: {sentences.describe_status(one, day)}")
    for problem in problems.values():
        console.print_line(problem)


def forget(arguments: Namespace) -> None:
    """Delete a customer from campaigns."""
    folder = storage.get_campaigns_folder(arguments.run)
    changed = storage.forget_customer(folder, arguments.customer, None if arguments.id is None else [arguments.id])
    if not changed:
        where = f"the campaign {arguments.id}" if arguments.id else "any campaign"
        raise SettingsError(f"The customer is not in {where}.", hint="IDs must match exactly.")
    if not arguments.quiet:
        console.print_line(
            f"Deleted from: {', '.join(changed)}. Also delete the customer from lists already downloaded, and publish "
            "again."
        )


def _build_exclusions(arguments: Namespace) -> Exclusions:
    for name in ("min_certainty", "global_hold_out"):
        if not 0 <= getattr(arguments, name) < 1:
            raise SettingsError(f"--{name.replace('_', '-')} is a share from 0 to 1.", hint="Write it like 0.05.")
    if arguments.at_most is not None and arguments.at_most < 1:
        raise SettingsError("--at-most is a number of customers.", hint="Write it like 5000.")
    return Exclusions(arguments.global_hold_out, arguments.exclude_running, arguments.min_certainty, arguments.at_most)


def _select_customers(run: SavedRun, segments: list[str] | None) -> pd.DataFrame:
    """The customers of some segments of a run, or of all."""
    names = run.segments["segment_id"].tolist() if segments is None else resolve_segment_ids(run.segments, segments)
    return pd.concat(run.iter_customers(names), ignore_index=True)


def _list_names(customers: pd.DataFrame) -> list[str]:
    return customers.drop_duplicates("segment_id").sort_values("segment_id")["segment_name"].tolist()


def _get_as_of(run: SavedRun) -> date:
    return date.fromisoformat(str(run.window["as_of"]))


def _print_campaign(drawn: Campaign, out: Path, joined: ContactList | None = None) -> None:
    campaign_tables.print_campaign_segments(drawn)
    sizes = drawn.sizes
    console.print_line(
        f"Campaign {drawn.campaign_id}: {sizes[CONTACTED]:,} contacted, {sizes[HELD_BACK]:,} held back. "
        f"Written: {out / 'contacted.csv'}, {out / 'held_back.csv'}"
    )
    if joined is not None:
        for text in describe_contacts(joined):
            console.print_line(text)
        if len(joined.invalid):
            console.print_line(f"Written: {out / INVALID_FILE}")
