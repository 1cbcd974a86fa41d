"""Options of `compare` and `retrain`, the commands that compare two models."""

from __future__ import annotations

from pathlib import Path

from segmentation.cli.arguments import (
    SOURCES,
    AddCommand,
    add_mapping_argument,
    add_run_argument,
    add_sales_arguments,
    get_models_folder,
)

COMPARE = f"""\
examples:
  python -m segmentation compare models/20260101T120000Z-ab12cd34 models --source sales.parquet
  python -m segmentation compare 20260101T120000Z-ab12cd34 20260201T120000Z-00ff00ff --source sales.csv --json

Applies both models to the same sales: customers and net sales of every pair of segments, the shares that stay with
their matched segment, the adjusted Rand index, segments that split or merge, and scores side by side. A run is a
folder, a folder of runs (its current run), or the ID of a run in SEGMENTS_MODELS. The sales cover a trailing window as
long as that of RUN_B. If RUN_A has another length, its segments were fitted to other frequencies and amounts: a warning
says so, and --window compares over another length.

{SOURCES}"""
RETRAIN = f"""\
examples:
  python -m segmentation retrain --run models --source sales.parquet
  python -m segmentation retrain --run models --source snowflake: --to snowflake:SHOP.ML_RESULTS --json

Trains with the settings of the current run, on the trailing window of its length. The new run becomes current, and is
published to --to, only if
  less than 5 % of customers change segment because of the model alone,
  every segment is found again,
  the silhouette lies within its interval,
  the share of rejected lines is at most 5 points above the last,
  the last sale is not older than before,
  the window is as long as that of the last run, and
  no feature has become the same for all customers.
Otherwise it is saved but not made current. --force makes it current anyway.

Exit code: 0 for a run that became current, and for unchanged data, where nothing is trained or written; 3 for a run
that is held for review, with the reasons; 2 for an error that you can correct.

{SOURCES}"""


def add_retrain_commands(add_command: AddCommand) -> None:
    """Add `compare` and `retrain`."""
    compare = add_command("compare", "compare two saved runs on the same sales", COMPARE)
    for name in ("run_a", "run_b"):
        compare.add_argument(name, type=Path, metavar=name.upper(), help="folder of a run, or its ID")

    retrain = add_command(
        "retrain", "retrain the current run, and replace it if the new run passes the checks", RETRAIN
    )
    add_run_argument(retrain)
    retrain.add_argument("--to", metavar="TARGET", help="where to publish an accepted run, as in publish")
    retrain.add_argument("--force", action="store_true", help="make the new run current whatever the checks say")
    for parser, window_default in ((compare, "as long as that of RUN_B"), (retrain, "as long as that of the run")):
        parser.add_argument("--source", metavar="URI", help="sales source (default: the run's)")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")
        add_mapping_argument(parser)
        add_sales_arguments(parser, window_default)
    compare.set_defaults(models=get_models_folder())
