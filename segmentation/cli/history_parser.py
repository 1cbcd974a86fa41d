"""Options of `history`."""

from __future__ import annotations

from segmentation.cli.arguments import (
    AddCommand,
    add_mapping_argument,
    add_run_argument,
    add_sales_arguments,
)

HISTORY = """\
examples:
  python -m segmentation history --run models
  python -m segmentation history --run models --source sales.parquet --window 365d
  python -m segmentation history --run models --refit --json

Applies the saved model to every month-end: each customer's features over a trailing window as long as that of the
run, scaled and assigned by the model as it was saved. Prints customers and net sales of each segment, and who joined,
was lost, moved in and moved out since the month before; lost means no purchase in the window. If fewer than six
month-ends have a full window, a separate model is fitted on the last window of 365, 181 or 91 days, the longest
that leaves eight.

Also prints how many customers would move by chance alone, if no one changed habits: their purchases of the month are
simulated from a purchase model fitted to all customers. --refit fits a model at every month-end and splits each
change into customers and model. --json prints one object: run_id, window_days, run_window_days, own_model, refit,
segments, months, changes, flows and model (features, scaler, centers, segment of each center).

Source, column mapping, exclusions and duplicate handling default to those of the run."""


def add_history_command(add_command: AddCommand) -> None:
    """Add `history`."""
    history = add_command("history", "show the segments of a saved run at every month-end", HISTORY)
    history.add_argument("--source", metavar="URI", help="sales source (default: the run's)")
    add_run_argument(history)
    history.add_argument(
        "--refit",
        action="store_true",
        help="fit a model at every month-end, and split changes by cause: customers or model",
    )
    history.add_argument("--json", action="store_true", help="print the history as JSON")
    add_mapping_argument(history)
    add_sales_arguments(history, "as long as that of the run")
