"""A drawn campaign: its design, its dates, and the arm of each customer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import pandas as pd

from segmentation.campaigns.assignment import CONTACTED, HELD_BACK, PERMILLE
from segmentation.errors import SettingsError
from segmentation.settings import SalesSettings

ASSIGNMENT_COLUMNS = (
    "campaign_id",
    "customer_id",
    "segment_id",
    "segment_name",
    "arm",
    "assignment_key",
    "net_before",
    "forecast",
)
MAX_DAYS = 730
_CAMPAIGN_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")


@dataclass(frozen=True)
class CampaignDesign:
    """What is decided before the draw."""

    campaign_id: str
    launch: date
    """The first day on which a contacted customer can react; sales before it are the covariate."""
    days: int
    """Length of the reading period."""
    permille: int
    """Share of the customers held back, in thousandths."""

    def __post_init__(self) -> None:
        check_campaign_id(self.campaign_id)
        check_days(self.days)
        if not 1 <= self.permille < PERMILLE:
            raise _build_share_error(self.permille / PERMILLE)

    @property
    def reading_day(self) -> date:
        """The day after the reading period; the result is read from sales up to the day before."""
        return self.launch + timedelta(days=self.days)

    def overlaps(self, other: CampaignDesign) -> bool:
        """Whether both reading periods have a day in common."""
        return self.launch < other.reading_day and other.launch < self.reading_day

    @property
    def hold_out(self) -> float:
        """The share of the customers held back, 0 to 1."""
        return self.permille / PERMILLE


@dataclass(frozen=True, eq=False)
class Campaign:
    """A campaign whose arms are drawn. It never changes afterwards, except that customers may be forgotten."""

    design: CampaignDesign
    assignments: pd.DataFrame
    """One row per customer, in ASSIGNMENT_COLUMNS, by segment_id, then assignment_key; net_before (money, NaN:
    unknown) is the net sales of the `days` before the launch, forecast (money, NaN: none) the expected net sales."""
    run_id: str
    created: str
    """ISO 8601, UTC."""
    source_name: str
    sales: SalesSettings
    """How the sales were read; without the session token, if their source was an upload."""
    excluded: Mapping[str, int] = field(default_factory=dict)
    """Reason -> customers of the segments who were left out before the draw."""
    forgotten: int = 0
    """Customers deleted since the draw."""

    @property
    def campaign_id(self) -> str:
        """The id, which is also the salt of the draw."""
        return self.design.campaign_id

    @property
    def sizes(self) -> dict[str, int]:
        """Customers in each arm."""
        counts = self.assignments["arm"].value_counts()
        return {arm: int(counts.get(arm, 0)) for arm in (CONTACTED, HELD_BACK)}

    @property
    def segments(self) -> pd.DataFrame:
        """One row per segment, by segment_id: segment_id, segment_name, contacted, held_back (numbers of customers)."""
        groups = self.assignments.groupby(["segment_id", "segment_name"], sort=True)["arm"]
        counts = groups.value_counts().unstack(fill_value=0).reindex(columns=[CONTACTED, HELD_BACK], fill_value=0)
        return counts.rename_axis(columns=None).reset_index()

    def iter_assignments(self) -> Iterator[pd.DataFrame]:
        """`assignments` in batches."""
        yield self.assignments[list(ASSIGNMENT_COLUMNS)]

    def iter_arm(self, arm: str) -> Iterator[pd.DataFrame]:
        """The assignments of one arm in batches, by segment_id, then customer_id."""
        rows = self.assignments[self.assignments["arm"] == arm]
        yield rows.sort_values(["segment_id", "customer_id"], ignore_index=True)

    def is_running(self, today: date) -> bool:
        """Whether the reading period is not over on this day."""
        return today < self.design.reading_day


def check_campaign_id(campaign_id: str) -> str:
    """Return the campaign id if it is valid: it names a folder.

    Raises:
        SettingsError: it is not.

    >>> check_campaign_id("spring-2026")
    'spring-2026'
    """
    if not _CAMPAIGN_ID.fullmatch(campaign_id) or campaign_id.endswith("."):
        raise SettingsError(
            f"{campaign_id[:80]!r} is not a campaign ID.",
            hint="Use up to 64 letters, digits, -, _ and ., and begin with a letter or digit: spring-2026.",
        )
    return campaign_id


def check_days(days: int) -> int:
    """Return the length of a reading period if it is valid.

    Raises:
        SettingsError: it is not.
    """
    if not 1 <= days <= MAX_DAYS:
        raise SettingsError(f"A reading period of {days} days is not possible.", hint=f"Choose 1 to {MAX_DAYS} days.")
    return days


def to_permille(share: float) -> int:
    """Convert a share held back, 0 to 1, to whole thousandths.

    Raises:
        SettingsError: it has more than three decimals, or is not between 0 and 1.

    >>> to_permille(0.1)
    100
    """
    permille = round(share * PERMILLE) if 0 < share < 1 else 0
    if not 1 <= permille < PERMILLE or abs(share * PERMILLE - permille) > 1e-6:
        raise _build_share_error(share)
    return permille


def _build_share_error(share: float) -> SettingsError:
    return SettingsError(
        f"{share:g} is not a share that can be held back.",
        hint="Choose a share above 0 and below 1, in thousandths, such as 0.1.",
    )
