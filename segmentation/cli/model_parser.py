"""Options of the commands that compute segments: `train`, `score` and `tune`."""

from __future__ import annotations

from pathlib import Path

from segmentation.cli.argument_types import int_arg, k_arg, split_names, weight_arg
from segmentation.cli.arguments import (
    SOURCES,
    AddCommand,
    add_mapping_argument,
    add_run_argument,
    add_sales_arguments,
    add_seed_argument,
    add_source_argument,
    get_models_folder,
)
from segmentation.cli.output_parser import add_list_arguments
from segmentation.settings import DEFAULT_FEATURES, K_MAX, K_MIN, SCALINGS

TRAIN = f"""\
examples:
  python -m segmentation train
  python -m segmentation train --source sales.parquet --k auto --as-of 2020-01-01
  python -m segmentation train --preset rfm-value --weights frequency=2 --exclude-period 2019-11-20:2019-12-31
  python -m segmentation train --source duckdb:///shop.duckdb?table=orders --map customer_id=household_id

{SOURCES}

Features: recency_days, frequency, monetary, avg_order_value, tenure_days, typical_gap_days, lines_per_order,
category_count, lines, avg_line_value, discount_share, coupon_share, full_price_share, favourite_share, peak_share,
weekend_share, momentum; and forecasts for the next 90 days: expected_orders, expected_net_sales, at_risk,
active_probability. Features whose columns the source lacks are unavailable.

Presets: rfm, rfm-value, discounts (frequency, monetary, discount_share, full_price_share), notebook (recency_days,
lines, monetary, avg_line_value, scaling standard). --features and --scaling override those of a preset.

Without --k, the recommended number of segments is used: that of the separate groups, if gaps divide the customers, and
otherwise the largest whose segments are all reproducible in 100 bootstrap resamples. This takes seconds; --quick takes
20 resamples.

The run is written to OUT/<run id>/ and becomes the current run of OUT. Segments matched to the previous run keep their
number, name and color."""
SCORE = """\
examples:
  python -m segmentation score --run models --source new_sales.csv --out segments.csv
  python -m segmentation score --run models/20260101T120000Z-ab12cd34 --as-of 2020-02-01 --out segments.xlsx
  python -m segmentation score --run models --source new_sales.csv --window all --out segments.csv
  python -m segmentation score --run models --source new_sales.parquet --raw --out segments.csv

Features, scaling and segments are those of the run. Source, column mapping, exclusions and duplicate handling default
to those of the run; the as-of date defaults to the day after the last sale. Sales of a trailing window before it count,
as long as the window of the run: over a longer one, customers with unchanged habits have more orders. --window 365d
sets another length; --window all counts every sale since the run's start date. The file has the columns
of customer_segments.csv plus the run ID, and certainty (share of bootstrap resamples in which the customer keeps the
segment) unless an early version saved the run. Its format follows its suffix: .csv, .xlsx or .parquet. CSV is safe to
open in a spreadsheet: text that would be read as a formula is prefixed with an apostrophe. --raw writes every text
unchanged, for other programs."""
TUNE = f"""\
examples:
  python -m segmentation tune --source sales.parquet
  python -m segmentation tune --source sales.parquet --top 96 --exclude-period 2019-11-20:2019-12-31

Tries every available preset with every scaling and 3 to 8 segments. Silhouettes of different features or scalings are
not comparable, so rows are ranked by the column 'common', the silhouette in one common feature space. Rows with
segments too small for a campaign, or not reproducible with other seeds, come last.

{SOURCES}"""


def add_model_commands(add_command: AddCommand) -> None:
    """Add `train`, `score` and `tune`."""
    train = add_command("train", "segment the customers of a source and save the run", TRAIN)
    add_source_argument(train)
    train.add_argument(
        "--features",
        type=split_names,
        metavar="A,B",
        help=f"features to cluster on (default: {','.join(DEFAULT_FEATURES)})",
    )
    train.add_argument("--preset", metavar="NAME", help="a set of features and a scaling; see the presets below")
    train.add_argument(
        "--weights",
        type=weight_arg,
        nargs="+",
        action="extend",
        metavar="NAME=W",
        help="weight of a feature: 0.5, 1 or 2 (default: 1)",
    )
    scalings = "; ".join(f"{name}: {text[0].lower()}{text[1:-1]}" for name, text in SCALINGS.items())
    train.add_argument("--scaling", metavar="|".join(SCALINGS), help=f"{scalings} (default: log)")
    train.add_argument(
        "--k", type=k_arg, metavar="K|auto", help=f"number of segments, {K_MIN} to {K_MAX} (default: recommended)"
    )
    train.add_argument("--quick", action="store_true", help="recommend k from a quick validation")
    add_seed_argument(train)
    train.add_argument(
        "--sample-above",
        type=int_arg,
        default=1_000_000,
        metavar="N",
        help="above this many customers, cluster a sample and aggregate in the database (default: %(default)s)",
    )
    train.add_argument(
        "--out", type=Path, default=get_models_folder(), metavar="FOLDER", help="folder of runs (default: %(default)s)"
    )

    score = add_command("score", "assign customers to the segments of a saved run", SCORE)
    score.add_argument("--source", metavar="URI", help="sales source (default: the run's)")
    add_run_argument(score)
    add_list_arguments(score)

    tune = add_command("tune", "try presets, scalings and numbers of segments, and rank them", TUNE)
    add_source_argument(tune)
    tune.add_argument("--top", type=int_arg, default=15, metavar="N", help="rows to print (default: %(default)s)")
    add_seed_argument(tune)
    for parser, window_default in ((train, "all"), (score, "as long as that of the run"), (tune, "all")):
        add_mapping_argument(parser)
        add_sales_arguments(parser, window_default)
