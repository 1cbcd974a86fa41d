"""Compares the list that was actually sent with the arms as drawn, and notices ids that a spreadsheet has changed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd
from scipy import stats

from segmentation.campaigns.assignment import CONTACTED, HELD_BACK

MISMATCH_P = 0.001
"""Below this p-value, the shares of the segments on the list are not those of the draw."""
_EXAMPLES = 5
_DECIMAL_END = re.compile(r"\.0+$")
_SCIENTIFIC = re.compile(r"(\d)(?:[.,](\d+))?e\+?(\d{1,3})", re.IGNORECASE)


@dataclass(frozen=True)
class SentListCheck:
    """How a list that was sent agrees with the arms as drawn."""

    rows: int
    distinct: int
    sent: int
    """Contacted customers on the list, ids that were changed included."""
    missing: int
    """Contacted customers who are not on the list."""
    held_back_sent: int
    """Held-back customers on the list."""
    unknown: int
    """Ids on the list of nobody in the campaign."""
    mangled: int
    """Ids on the list that match only after undoing what spreadsheets do, such as 123 for 00123."""
    mangled_examples: tuple[tuple[str, str], ...]
    """Pairs (id on the list, id in the campaign)."""
    ambiguous: int
    """Changed ids that could be those of several customers; they count as unknown."""
    p_value: float
    """Of the hypothesis that the list has the same share of the contacted of every segment."""

    @property
    def is_sound(self) -> bool:
        """Whether the list is that of the contacted: no held-back customer, no changed id, no segment left out."""
        return not (self.held_back_sent or self.mangled or self.ambiguous) and self.p_value >= MISMATCH_P


def check_sent_list(assignments: pd.DataFrame, sent_ids: Iterable[str]) -> SentListCheck:
    """Compare a list with the arms as drawn.

    Args:
        assignments: as `Campaign.assignments` has them.
        sent_ids: the ids of the list, as text.

    >>> groups = pd.DataFrame({"customer_id": ["00123", "7", "8"], "segment_id": [1, 1, 1],
    ...                        "arm": ["contacted", "contacted", "held_back"]})
    >>> check = check_sent_list(groups, ["123", "8", "nobody"])
    >>> check.sent, check.missing, check.held_back_sent, check.unknown, check.mangled_examples
    (1, 1, 1, 1, (('123', '00123'),))
    """
    ids = [str(text) for text in sent_ids]
    distinct = list(dict.fromkeys(ids))
    arms: dict[str, str] = dict(zip(assignments["customer_id"], assignments["arm"], strict=True))
    originals: dict[str, set[str]] = {}
    for customer_id in arms:
        originals.setdefault(normalize_id(customer_id), set()).add(customer_id)
    reached: set[str] = set()
    unknown = ambiguous = 0
    mangled: list[tuple[str, str]] = []
    exact = arms.keys() & set(distinct)
    for text in distinct:
        if text in exact:
            reached.add(text)
            continue
        candidates = _find_originals(text, originals) - exact
        if len(candidates) == 1:
            original = next(iter(candidates))
            mangled.append((text, original))
            reached.add(original)
        else:
            unknown += 1
            ambiguous += len(candidates) > 1
    contacted = assignments[assignments["arm"] == CONTACTED]
    is_sent = contacted["customer_id"].isin(reached)
    return SentListCheck(
        rows=len(ids),
        distinct=len(distinct),
        sent=int(is_sent.sum()),
        missing=int((~is_sent).sum()),
        held_back_sent=sum(arms[customer_id] == HELD_BACK for customer_id in reached),
        unknown=unknown,
        mangled=len(mangled),
        mangled_examples=tuple(mangled[:_EXAMPLES]),
        ambiguous=ambiguous,
        p_value=_compute_mismatch_p(contacted["segment_id"], is_sent),
    )


def normalize_id(text: str) -> str:
    """An id without what spreadsheets and mailing tools change: spaces, case, leading zeros, a decimal end.

    >>> normalize_id("00123"), normalize_id("123.0"), normalize_id(" AB-7 "), normalize_id("'=1+1")
    ('123', '123', 'ab-7', '=1+1')
    """
    text = _DECIMAL_END.sub("", text.strip().removeprefix("'").strip().casefold())
    return text.lstrip("0") or "0"


def _find_originals(text: str, originals: dict[str, set[str]]) -> set[str]:
    """The ids that may have become `text`; of a number in scientific notation all with the digits that are left."""
    found = originals.get(normalize_id(text), set())
    match = _SCIENTIFIC.fullmatch(text.strip())
    if found or match is None:
        return found
    whole, decimals, exponent = match[1], match[2] or "", int(match[3])
    if not len(decimals) <= exponent < 40:
        return set()
    rounded = int(whole + decimals) * 10 ** (exponent - len(decimals))
    half = 10 ** (exponent - len(decimals)) // 2
    candidates: set[str] = set()
    for number, ids in originals.items():
        if len(number) == exponent + 1 and number.isascii() and number.isdigit() and abs(int(number) - rounded) <= half:
            candidates |= ids
    return candidates


def _compute_mismatch_p(segment_ids: pd.Series, is_sent: pd.Series) -> float:
    """Chi-squared test of sent or not by segment; 1 where nobody, or everybody, is on the list."""
    table = pd.crosstab(segment_ids, is_sent)
    if table.shape[0] < 2 or table.shape[1] < 2:
        return 1.0
    return float(stats.chi2_contingency(table.to_numpy(), correction=False).pvalue)
