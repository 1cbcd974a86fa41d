"""Glossary terms; features, presets, scores and segment names come from their definitions."""

from __future__ import annotations

from segmentation.presentation import tables
from segmentation.settings import K_MAX, K_MIN, SCALINGS
from ui.data import results
from ui.state import widget_defaults

TERMS = {
    "Segment": "A group of customers with similar values of the selected features. Every buyer is in exactly one.",
    "k": f"The number of segments, from {K_MIN} to {K_MAX}.",
    "K-means": "The clustering algorithm: assigns each customer to the nearest of k centroids and updates the "
    "centroids until assignments stop changing.",
    "RFM": "Recency, frequency, monetary: how recently, how often and for how much a customer bought.",
    "Feature": "A property computed for each customer, such as recency or average order value.",
    "Scaling": "Puts days, orders and money on a common scale, so that no feature dominates because of its unit. The "
    "options are listed below.",
    "Recency": "Days from the last order to the as-of date. Lower is more recent.",
    "Frequency": "The number of orders. Some tools count rows, or repeat orders only.",
    "Monetary": "Net sales: sales after discounts, minus returns.",
    "Row": "One row of the sales table: one product in one order.",
    "Order": "All rows of one customer with the same order number.",
    "As-of date": "The date to which days are counted: the day after the last sale, unless set otherwise. Sales on or "
    "after it are excluded.",
    "Window": "The days of sales before an as-of date. A saved run is applied over windows as long as its own, because "
    "over a longer one the same habits have more orders.",
    "Segment history": "The segments of one model at every month-end. The model does not change, so a customer who "
    "moves has bought, or has not bought for longer.",
    "Moved by chance": "The share of customers who would move between two month-ends if no one changed habits. It is "
    "simulated with a purchase model; only movement above it says that customers changed.",
    "Excluded row": "A row that is not a valid sale (no customer, date or amount) or outside the selected "
    "period. It is counted with its amount and not used otherwise.",
    "Return": "A row with a negative amount or quantity. It reduces sales and is not a purchase.",
    "Gross and net": "Gross sales are before discounts, net sales after discounts.",
    "Median": "The middle value: half of the customers are below, half above. A few very large values do not "
    "affect it.",
    "Average": "The sum divided by the number of customers. A few very large values pull it up.",
    "Percentile": "The share of customers with a lower value: at the 87th, 87 % are below.",
    "Index": "A value relative to the average of all customers, which is 100: 200 is twice the average, 50 half of it.",
    "Index (lift) of a category": "The category's share of the segment's spend relative to all customers: at 150, the "
    "share is 50 % higher.",
    "Elbow": "The number of segments beyond which inertia falls only slowly, so that more segments add little.",
    "Separate groups": "Groups of customers with a gap between them: few customers are in between. Most shops have "
    "none; their customers form a continuum.",
    "Continuum": "Customers differ gradually, without gaps: the normal case. Segments are useful slices of it, but "
    "customers near a border are nearly alike.",
    "Gap": "A border between two segments with few customers in between: the dip test is significant and the valley "
    "is deep. All other borders are gradual.",
    "Dip test": "A test of whether values have one peak or several.",
    "Valley depth": "How much emptier it is between two segments than in the less dense of them: 0 % is no valley, "
    "100 % is an empty one.",
    "Stability": "Whether the same segments reappear in bootstrap resamples; 1 is always.",
    "Dissolved": "A segment dissolves in a resample if less than half of it reappears (Jaccard similarity below 0.5).",
    "Certainty": "The share of bootstrap resamples in which a customer keeps the segment; low near a border.",
    "Bootstrap resampling": "Drawing as many customers as there are at random, with replacement, and segmenting them "
    "anew, many times. Results that persist do not depend on individual customers.",
    "Jaccard similarity": "Customers in both of two segments, divided by customers in at least one of them; 1 "
    "is identical.",
    "Seed agreement (ARI)": "Adjusted Rand index between results of different random seeds; 1 is identical.",
    "Silhouette (common space)": "A silhouette computed in the same space for all compared settings, so that rows are "
    "comparable.",
    "Weight": "How much a feature counts: at 2x, distances in it count double; at 0.5x, half.",
    "Hatched bars": "Bars of a period that is covered only in part, or of all values above a limit. Beside a plain "
    "bar, the values to compare it with.",
    "Inertia": "Within-cluster sum of squares: squared distances of customers to the centroid of their segment, "
    "summed.",
    "p-value": "How often data without a gap would look at least as divided as yours. The smaller, the less likely "
    "a gap is chance.",
    "Forecast": "Purchases and net sales expected from today's customers. It does not include new customers.",
    "Purchase day": "A day on which a customer bought, counted once in a forecast, whatever the number of orders.",
    "Active": "A customer who will buy again at some point. Nobody can know this, so the forecast gives a probability.",
    "Next order by": "The date by which an order is as likely as not. Without one, no order is expected.",
    "Sales at risk": "Net sales of the last days (90, for example) times the probability of no order in the same "
    "number of days to come.",
    "Lifetime value": "Net sales of a customer so far, plus those expected in the next 365 days at today's value.",
    "90 % range": "Limits that should contain the actual value in nine of ten periods; as wide as past forecast "
    "errors require.",
    "Back-test": "Forecasts from past days, made only with the sales before each day, compared with what actually "
    "happened.",
    "Calibration": "Whether customers spend, on average, what the forecast expected.",
    "Discount rate (of gross sales)": "Discounts divided by gross sales.",
    "Discount rate (of a forecast)": "The annual rate by which expected sales are reduced because they come later.",
    "Month index": "Average daily sales of a month; 100 = average month.",
    "Random seed": "A number that fixes all random choices, so that the same data give the same result again.",
    "Run": "A result with everything it was made from: settings, period, segments, scores. It can be saved and "
    "reopened.",
    "Current run": "The saved run whose segment IDs, names and colors new results keep.",
    "Adjusted Rand index": "Agreement of two models on the same customers: 1 is identical, 0 is no more alike than by "
    "chance.",
    "Matched segment": "The segment of another model that has the most customers in common with a segment, one to one.",
    "Retrain": "Training again with the same settings on later sales, over a window of the same length.",
    "Run held for review": "A retrained run that was saved but not made current, because a changed model, a lost "
    "segment or worse data would move customers. Saved runs shows the reasons.",
    "Drift": "How far the distribution of a feature has moved since the previous run.",
    "Population stability index (PSI)": "Measures drift by the shares of customers between the previous deciles: below "
    "0.1 is a small shift, above 0.25 a large one.",
    "Hold-out": "Customers of a campaign who are held back at random. What they buy without the message shows what "
    "the campaign brought in.",
    "Lift": "How much more the contacted customers bought than the held-back ones, in money or as a share of what "
    "they would have bought anyway.",
    "Launch": "The first day on which customers can react to a campaign.",
    "Reading day": "The day after the reading period; the result is shown from then on, never earlier.",
    "CUPED": "Adjusts the difference between two groups by what their customers bought before, so that it depends "
    "less on chance.",
    "Confidence interval": "The range that contains the true value in 95 of 100 campaigns.",
    "CSV": "A text table with commas between columns and decimal points. Most tools read it; a spreadsheet set "
    "to decimal commas may read numbers as text: use Excel (XLSX) instead.",
    "Parquet": "A file format for large tables that data tools read quickly. Spreadsheets do not open it.",
    "DuckDB": "An embedded analytical database; used here to compute features.",
}


def list_sections() -> dict[str, dict[str, str]]:
    """Section title -> term -> definition."""
    from segmentation.features.presets import PRESETS
    from segmentation.segments.names.catalog import DEFINITIONS

    return {
        "Terms": TERMS,
        "Features": {feature.label: feature.meaning for feature in results.get_feature_registry().values()},
        "Feature sets": {preset.label: preset.meaning for preset in PRESETS.values()},
        "Scores": {name: text[0].upper() + text[1:] for name, text in tables.SCORES.items()},
        "Scaling options": {label: SCALINGS[name] for label, name in widget_defaults.SCALING_LABELS.items()},
        "Segment names": DEFINITIONS,
    }


def search_terms(query: str) -> dict[str, dict[str, str]]:
    """The sections with the terms that match a query, in the term or in its definition."""
    key = query.strip().casefold()
    matches = {
        title: {term: text for term, text in terms.items() if key in term.casefold() or key in text.casefold()}
        for title, terms in list_sections().items()
    }
    return {title: terms for title, terms in matches.items() if terms}
