"""Name segments by ordered rules on their profile, never by an id or a cluster number."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import combinations
from types import MappingProxyType
from typing import Any

import pandas as pd

from segmentation.errors import ColumnError
from segmentation.presentation.formatting import (
    format_compact,
    format_ordinal,
    format_percent,
    format_rounded_currency,
    format_value,
)
from segmentation.segments import name_qualifiers
from segmentation.segments.names.catalog import BY_TEXT, NAMES
from segmentation.segments.profile import to_rows
from segmentation.segments.segment_traits import MIN_CUSTOMERS, MIN_ORDERS_FOR_GAP, SegmentTraits, get_number

Row = dict[str, Any]
NEEDED = tuple(
    f"{kind}_{feature}" for feature in ("recency_days", "frequency", "monetary") for kind in ("median", "position")
)
ALL_ONCE = 1 + 1e-9
"""Below this mean number of orders, nobody among fewer than a billion customers has a second order."""
UNNAMED = "Customers"
"""The base of a composed name if no name of the catalog fits."""


def name_segments(
    profile: pd.DataFrame,
    retained: Mapping[int, str] = MappingProxyType({}),
    overrides: Mapping[int, str] = MappingProxyType({}),
    released: Collection[str] = (),
) -> pd.DataFrame:
    """Assign each segment a unique name supported by its profile, and explain it.

    1. A name in `retained` stays, unless it is generated and no longer true within RENAME_TOLERANCE.
    2. The names of the catalog are tried in order; each goes to the segment with the highest score among the unnamed
       segments it fits. Names in `released` are skipped: given to another segment, they would be taken for the segment
       that had them.
    3. A segment whose fitting names are all taken gets the first of them with qualifiers that distinguish it from the
       other segments of that name, such as "Occasional Buyers, small baskets", or failing that with a median. Small
       segments are "Customers", with qualifiers.
    4. A name in `overrides` is the user's and replaces the generated one, which no other segment gets.

    The result depends on the profiles alone: neither on the order of rows nor on IDs (except among segments with
    identical profiles).

    Args:
        profile: from `segmentation.segments.profile.compute_profile`, with recency_days, frequency and monetary; other
            features are used if present.
        retained: segment_id -> name in the previous run.
        overrides: segment_id -> name given by the user.
        released: names of the previous run, whether or not its segments were found again.

    Returns:
        One row per row of `profile`: segment_id, segment_name, sentence (who the customers are, with medians), reason
        (why the segment has this name) and name_note, with which the reason begins: on a name that was chosen, kept,
        changed or composed; "" on others.

    Raises:
        ColumnError: a required column is missing.

    >>> columns = ["segment_id", "customers", "share_of_customers", "share_of_sales", *NEEDED, "mean_frequency"]
    >>> best, once = [5.0, 0.2, 24.0, 0.8, 900.0, 0.8, 25.0], [90.0, 0.7, 1.0, 0.3, 30.0, 0.3, 1.0]
    >>> rows = [[1, 40, 0.4, 0.95, *best], [2, 60, 0.6, 0.05, *once]]
    >>> named = name_segments(pd.DataFrame(rows, columns=columns))
    >>> named["segment_name"].tolist()
    ['High-Value Customers', 'One-Time Buyers']
    >>> named["sentence"][1]
    '60 customers who ordered once, 90 days ago, and spent 30 each (medians).'
    """
    missing = [name for name in ("segment_id", "customers", *NEEDED) if name not in profile.columns]
    if missing:
        raise ColumnError(f"The profile has no column {', '.join(missing)}.")
    # Canonical order: ties in score go to the first, so the order of rows must not matter.
    figures = sorted(to_rows(profile.select_dtypes("number")), key=_build_sort_key)
    traits = {int(row["segment_id"]): SegmentTraits.from_row(row) for row in figures}
    by_id = {int(row["segment_id"]): row for row in figures}
    chosen = {segment_id: overrides[segment_id] for segment_id in sorted(set(by_id) & set(overrides))}
    unavailable = {name.casefold() for name in (*chosen.values(), *released)}
    names, notes = _retain_names(by_id, retained, chosen)
    for name in NAMES:
        if name.text.casefold() in unavailable | _fold_names(names):
            continue
        fitting = [number for number in by_id if number not in names and name.fits(traits[number])]
        if fitting:
            names[max(fitting, key=lambda number: name.score(traits[number]))] = name.text
    for segment_id in by_id:
        if segment_id not in names and segment_id not in chosen:
            names[segment_id] = _compose_name(segment_id, by_id, names, unavailable)
            notes.setdefault(segment_id, _explain_composed_name(traits[segment_id]))
    names |= chosen
    order = [int(segment_id) for segment_id in profile["segment_id"]]
    name_notes = [notes.get(number, "") for number in order]
    described = describe_segments(profile, name_notes)
    described.insert(1, "segment_name", [names[number] for number in order])
    return described.assign(name_note=pd.array(name_notes, "str"))


def describe_segments(profile: pd.DataFrame, name_notes: Iterable[str]) -> pd.DataFrame:
    """Describe each segment.

    Args:
        profile: as in `name_segments`.
        name_notes: how the reason of each begins; see `name_segments`.

    Returns:
        One row per row of `profile`: segment_id, sentence, reason.
    """
    figures = to_rows(profile)
    traits = [SegmentTraits.from_row(row) for row in figures]
    return pd.DataFrame(
        {
            "segment_id": [row["segment_id"] for row in figures],
            "sentence": [_describe_customers(row, trait) for row, trait in zip(figures, traits, strict=True)],
            "reason": [
                note + _explain_name(row, trait) for row, trait, note in zip(figures, traits, name_notes, strict=True)
            ],
        }
    )


def fits_name(name: str, row: Mapping[str, Any], *, nearly: bool = False) -> bool:
    """Whether a name is true of a profile; names that are not generated are always accepted.

    Args:
        name: a segment name, with qualifiers if any.
        row: one row of the profile.
        nearly: accept deviations up to `segmentation.segments.segment_traits.RENAME_TOLERANCE`, as for a name that is
            retained from the previous run.

    >>> fits_name("Recent Buyers", {"position_recency_days": 0.7}), fits_name("VIPs", {})
    (False, True)
    """
    base, *details = name.split(", ")
    if (base not in BY_TEXT and base != UNNAMED) or not all(name_qualifiers.is_generated(detail) for detail in details):
        return True
    traits = SegmentTraits.from_row(row)
    base_fits = base == UNNAMED or any(
        BY_TEXT[base].fits(variant) for variant in (traits.neighbors() if nearly else [traits])
    )
    return base_fits and all(name_qualifiers.is_true(detail, row) for detail in details)


def _retain_names(
    by_id: Mapping[int, Row], retained: Mapping[int, str], chosen: Mapping[int, str]
) -> tuple[dict[int, str], dict[int, str]]:
    """Generated names that stay, and for each segment the note that begins the reason for its name."""
    names: dict[int, str] = {}
    notes = dict.fromkeys(chosen, "You chose this name. ")
    for segment_id in sorted((set(by_id) & set(retained)) - set(chosen)):
        name = str(retained[segment_id]).strip()
        if not name:
            continue
        if name.casefold() in _fold_names(names) | _fold_names(chosen):
            notes[segment_id] = f"Renamed: another segment keeps the name {name}. "
        elif fits_name(name, by_id[segment_id], nearly=True):
            names[segment_id] = name
            notes[segment_id] = "Name kept from the previous run. "
        else:
            notes[segment_id] = f"Renamed: {name} is no longer true. "
    return names, notes


def _fold_names(names: Mapping[int, str]) -> set[str]:
    """The names in use, for comparison without regard to case."""
    return {name.casefold() for name in names.values()}


def _explain_composed_name(traits: SegmentTraits) -> str:
    if traits.is_small:
        return f"Fewer than {MIN_CUSTOMERS} customers: too few for a more specific name. "
    if not any(name.fits(traits) for name in NAMES):
        return "No standard name describes most of these customers. "
    return "The standard names that fit describe other segments better. "


def _compose_name(
    segment_id: int, by_id: Mapping[int, Row], names: Mapping[int, str], unavailable: Collection[str]
) -> str:
    """The first fitting name with the fewest qualifiers that no other segment of that name shares."""
    row = by_id[segment_id]
    taken = {*unavailable, *_fold_names(names)}
    traits = SegmentTraits.from_row(row)
    bases = [name.text for name in NAMES if name.fits(traits)] or [UNNAMED]
    for base in bases:
        rivals = [by_id[named_id] for named_id, name in names.items() if name.split(", ")[0] == base]
        qualifiers = name_qualifiers.list_qualifiers(row)
        for size in (1, 2, 3):
            for details in combinations(qualifiers, size):
                name = ", ".join((base, *details))
                if name.casefold() in taken:
                    continue
                if not any(all(name_qualifiers.is_true(detail, rival) for detail in details) for rival in rivals):
                    return name
    return next(name for name in _iter_fallback_names(bases[0], row) if name.casefold() not in taken)


def _iter_fallback_names(base: str, row: Row) -> Iterator[str]:
    """Names with a median, for segments that no qualifier distinguishes, then with a running number."""
    yield from (f"{base}, {detail}" for detail in name_qualifiers.list_numeric_qualifiers(row))
    count = 2
    while True:
        yield f"{base}, group {count}"
        count += 1


def _build_sort_key(row: Row) -> tuple[Any, ...]:
    """Sort key of a profile that does not depend on its ID, unless everything else is equal."""
    values = [get_number(row, column) for column in sorted(row, key=str) if column != "segment_id"]
    return (*(math.inf if math.isnan(value) else -value for value in values), row["segment_id"])


def _describe_customers(row: Row, traits: SegmentTraits) -> str:
    is_plural, orders = int(row["customers"]) != 1, traits.orders
    subject = format_value(int(row["customers"]), "customers")
    last = f"{format_value(get_number(row, 'median_recency_days'), 'days')} ago"
    spend = get_number(row, "median_monetary")
    each_suffix, ending = (" each", " (medians).") if is_plural else ("", ".")
    spent = (
        f"spent {format_rounded_currency(spend)}{each_suffix}"
        if not spend < 0
        else f"returned {format_rounded_currency(-spend)} more than they spent{each_suffix}"
    )
    if orders == 1 and get_number(row, "mean_frequency") < ALL_ONCE:
        return f"{subject} who ordered once, {last}, and {spent}{ending}"
    if orders == 1:
        return f"{subject}, most of whom ordered once only, and who {spent}; last order {last}{ending}"
    gap = get_number(row, "median_typical_gap_days")
    if orders >= MIN_ORDERS_FOR_GAP and gap >= 1.5:
        verb = "ordered" if traits.overdue >= 2 else "order" if is_plural else "orders"
        return (
            f"{subject} who {verb} about every {format_compact(round(gap))} days and {spent}; last order {last}{ending}"
        )
    return f"{subject} who placed {format_value(orders, 'orders')} and {spent}; last order {last}{ending}"


def _explain_name(row: Row, traits: SegmentTraits) -> str:
    rank = name_qualifiers.describe_rank(traits)
    days = format_value(get_number(row, "median_recency_days"), "days")
    figures = [
        f"{format_value(traits.orders, 'orders')} ({format_ordinal(traits.frequency)})",
        f"{format_rounded_currency(get_number(row, 'median_monetary'))} spent ({format_ordinal(traits.monetary)})",
        f"{days} since the last order ({format_ordinal(1 - traits.recent)})",
    ]
    if traits.is_recent and (traits.new or traits.young):
        tenure = format_value(get_number(row, "median_tenure_days"), "days")
        figures.append(f"{tenure} since the first order ({format_ordinal(get_number(row, 'position_tenure_days'))})")
    if traits.discount_driven:
        for feature, description in (
            ("discount_share", "off list prices"),
            ("coupon_share", "of orders with a coupon"),
            ("full_price_share", "bought at full price"),
        ):
            position = get_number(row, f"position_{feature}")
            if not math.isnan(position):
                share = format_percent(get_number(row, f"median_{feature}"))
                figures.append(f"{share} {description} ({format_ordinal(position)})")
    return f"{rank}. Medians, with their percentile among all customers: {', '.join(figures)}."
