"""The words that the pages use, each taken from where it is defined."""

from __future__ import annotations

from segmentation.presentation import tables
from segmentation.settings import K_MAX, K_MIN, SCALINGS
from ui.data import results
from ui.sidebar import model_controls

TERMS = {
    "Segment": "A group of customers who are alike in the figures you chose. Whoever bought is in exactly one.",
    "k": f"The number of segments, from {K_MIN} to {K_MAX}.",
    "K-means": "The method that finds the segments: it puts each customer with the nearest of k middles, and moves the "
    "middles until nobody changes.",
    "RFM": "Recency, frequency, monetary: how recently, how often and for how much a customer bought.",
    "Scaling": "How days, orders and money are put on one measure before customers are compared, so that none counts "
    "more for having larger numbers. The ways are told below, under 'Very large values'.",
    "Notebook": "A document of calculations and text, in which shops often try segments first. The choice 'As in the "
    "notebook' repeats the way of older ones.",
    "Recency": "Days since last order, up to the as-of date. Fewer is more recent.",
    "Frequency": "The number of orders. Other tools count lines, or repeat orders only.",
    "Monetary": "Net sales: what was paid for goods after discounts, returns taken off.",
    "Line": "One row of the sales table: one product in one order.",
    "Order": "All lines of one customer with the same order number.",
    "As-of date": "The day up to which days are counted: the day after the last sale, unless another is chosen. "
    "Sales on or after it do not count.",
    "Set aside": "A line that cannot be a sale (no customer, no date, no amount) or lies outside the chosen period. "
    "It is counted with its money and used for nothing else.",
    "Return": "A line with an amount or a quantity below 0. It takes money off and is no purchase.",
    "Gross and net": "Gross sales are before discounts, net sales after them.",
    "Median": "The customer in the middle: half have less, half have more. A few very large values do not move it.",
    "Average": "The sum divided by the number of customers. A few very large values pull it up.",
    "Percentile": "Of 100 customers, how many have less: at the 87th, 87 of 100 have less.",
    "Compared with 100": "All customers are 100: 200 is twice their average, 50 is half of it.",
    "Times as much (lift)": "1.5 times: the category's share of what a segment spends is half as large again as for "
    "all customers.",
    "Elbow": "The number of segments at which the curve of the spread stops falling steeply; more add little there.",
    "Repeatability": "Whether the same segments are found again when customers are drawn anew; 1 is each time.",
    "Draws": "As many customers as you have, drawn from yours by lot: some come twice, some not at all. What comes out "
    "of most draws does not hang on single customers.",
    "Found again": "Try settings: how alike the segments are that other random starts give; 1 is the same.",
    "Stand apart": "Try settings: a silhouette measured alike for all that was tried, so that rows can be compared.",
    "Weight": "How much a figure counts: at 2x customers who differ in it are twice as far apart, at 0.5x half as far.",
    "Hatched": "A bar with slanting lines. Over time: a week or month that the data cover in part. Of customers: all "
    "values from there on. Where two bars stand together, it tells them apart.",
    "Inertia": "The spread within segments: each customer's squared distance to the middle of their segment, added up.",
    "Noise": "Made-up customers without groups whose figures look like yours. Segments that tell yours apart no better "
    "than these are cuts, not groups.",
    "Gap statistic": "For how many segments yours are told apart most clearly, against data without groups.",
    "Month index": "A month's sales a day, where the average month is 100.",
    "Seed": "A number that fixes all chance, so that the same settings give the same segments.",
    "Run": "One result with everything it came from: settings, period, segments, scores. It can be saved and opened.",
    "Current run": "The saved run whose segment numbers, names and colors later results keep.",
    "CSV": "A plain table of text, with commas between the columns and a point before decimals. Most tools read it; a "
    "spreadsheet set to decimal commas may take its numbers for text: take Excel (XLSX) for that.",
    "Parquet": "A kind of file for large tables, which other tools read quickly. A spreadsheet does not open it.",
    "DuckDB": "A database that is one file on a disk; it works the figures out of the sales here.",
}


def list_sections() -> dict[str, dict[str, str]]:
    """Title of a section -> its words, each with its meaning."""
    from segmentation.features.presets import PRESETS
    from segmentation.segments.names.catalog import DEFINITIONS

    return {
        "Words": TERMS,
        "Figures of a customer": {
            feature.label: feature.meaning for feature in results.get_feature_registry().values()
        },
        "Compare customers by": {preset.label: preset.meaning for preset in PRESETS.values()},
        "Scores": {name: text[0].upper() + text[1:] for name, text in tables.SCORES.items()},
        "Very large values": {label: SCALINGS[name] for label, name in model_controls.SCALING_LABELS.items()},
        "Names of segments": DEFINITIONS,
    }


def search_terms(wanted: str) -> dict[str, dict[str, str]]:
    """The sections with the words that hold what is wanted, in the word or in its meaning."""
    key = wanted.strip().casefold()
    found = {
        title: {word: text for word, text in words.items() if key in word.casefold() or key in text.casefold()}
        for title, words in list_sections().items()
    }
    return {title: words for title, words in found.items() if words}
