"""The command `history`."""

from __future__ import annotations

from argparse import Namespace

from segmentation.analysis.history.segment_history import compute_segment_history
from segmentation.cli import console
from segmentation.cli.history_output import format_history, print_history
from segmentation.cli.sales_settings import build_sales_settings
from segmentation.errors import SettingsError
from segmentation.runs.load import open_run
from segmentation.runs.previous_segments import PreviousSegments
from segmentation.settings import ALL_SALES


def history(arguments: Namespace) -> None:
    """Show the segments of a saved run at every month-end."""
    if arguments.window == ALL_SALES or arguments.start:
        raise SettingsError(
            "A history compares windows of one length.", hint="Set --window to a number of days, such as 365d."
        )
    run = open_run(arguments.run)
    window_days, arguments.window = arguments.window, None
    settings = build_sales_settings(arguments, run.settings.sales.with_window(ALL_SALES))
    with console.show_progress(quiet=arguments.quiet or arguments.json) as progress:
        found = compute_segment_history(
            PreviousSegments.from_saved_run(run),
            settings,
            window_days=window_days,
            refit=arguments.refit,
            on_progress=progress,
        )
    if arguments.json:
        console.print_line(format_history(found))
    elif not arguments.quiet:
        print_history(found)
