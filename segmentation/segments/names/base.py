"""The entry type of the table of segment names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from segmentation.segments.segment_traits import SegmentTraits


class Play(NamedTuple):
    """Recommended actions for one kind of segment, one sentence each.

    Fields in braces are statistics of the segment, filled in by `segmentation.segments.recommended_actions`. A
    sentence must be true for any values.
    """

    goal: str
    offer: str
    channel: str
    avoid: str


@dataclass(frozen=True)
class SegmentName:
    """One name: its rule, its meaning for a reader, and the recommended actions.

    In `definition`, high and recent mean about the upper 40 % of all customers, low and long ago the lower 40 %;
    recent is also limited by the reorder interval of the shop and by half the window. Overdue is relative to the
    segment's own purchase interval.
    """

    text: str
    definition: str
    condition: Callable[[SegmentTraits], bool]
    """What makes the name true; False if a value it needs is missing."""
    score: Callable[[SegmentTraits], float]
    """Ranks the segments the name fits; the highest gets the name."""
    play: Play

    def fits(self, traits: SegmentTraits) -> bool:
        """Whether the name is true of a segment; small segments get none of the catalog."""
        return not traits.is_small and self.condition(traits)
