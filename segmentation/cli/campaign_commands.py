"""The subcommands of `campaign`."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from segmentation.campaigns import planning, power, storage
from segmentation.campaigns.assignment import render_assignment_sql
from segmentation.campaigns.campaign import check_campaign_id, check_days, to_permille
from segmentation.campaigns.result_json import summarize_campaign, summarize_plan
from segmentation.cli import campaign_drawing, campaign_reading, campaign_tables, console
from segmentation.cli.campaign_runs import list_names, print_campaign, select_customers
from segmentation.cli.contact_options import read_contacts
from segmentation.cli.sales_settings import build_sales_settings
from segmentation.customers.segment_model import SegmentModel
from segmentation.errors import SettingsError
from segmentation.export.campaign_lists import write_campaign_lists
from segmentation.presentation import campaign_plans
from segmentation.presentation import campaigns as sentences
from segmentation.runs.load import open_run
from segmentation.runtime.atomic_files import create_output_folder
from segmentation.runtime.sql_identifiers import parse_name


def campaign(arguments: Namespace) -> None:
    """Plan, draw, read, list or change campaigns."""
    commands: dict[str, Callable[[Namespace], None]] = {
        "plan": plan,
        "draw": campaign_drawing.draw,
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
    customers = select_customers(run, arguments.segment)
    settings = build_sales_settings(arguments, run.settings.sales)
    settings = replace(settings, as_of=arguments.as_of or run.as_of)
    with console.show_progress(quiet=arguments.quiet or arguments.json) as progress:
        spend = planning.fetch_planning_spend(
            SegmentModel.from_run(run), customers, settings, days, on_progress=progress.create_subtask(0.0, 0.7)
        )
        progress(0.7, "Simulating campaigns")
        sizes = customers["segment_id"].value_counts().sort_index()
        result = power.plan_hold_out(spend.frame, sizes, days, target_lift=lift, permilles=[*power.HOLD_OUTS, permille])
    names = list_names(customers)
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


def export(arguments: Namespace) -> None:
    """Write the lists of a drawn campaign again."""
    drawn = storage.open_campaign(storage.get_campaigns_folder(arguments.run), arguments.id)
    contacts, options = read_contacts(arguments)
    create_output_folder(arguments.out)
    joined = write_campaign_lists(drawn, arguments.out, raw=arguments.raw, contacts=contacts, options=options)
    if not arguments.quiet:
        print_campaign(drawn.campaign_id, drawn.segments, arguments.out, joined)


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
