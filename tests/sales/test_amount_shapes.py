"""All amounts of one shape are read alike, so that format inference parses one of them."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentation.sales.text_parsing import AMOUNT_SHAPES, FAST_PATTERNS
from tests.sales.test_format_inference import read


def list_amounts(shape: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.from_regex(AMOUNT_SHAPES[shape].removesuffix("$"), fullmatch=True), min_size=50, max_size=200)


@pytest.mark.parametrize("shape", AMOUNT_SHAPES)
def test_amount_shapes_describe_themselves_alone(shape: str) -> None:
    assert [one for one, pattern in AMOUNT_SHAPES.items() if re.search(pattern, shape)] == [shape]


@given(whole=list_amounts("0"), decimal=list_amounts("0.5"), ambiguous=list_amounts("1.234"))
@settings(max_examples=10, deadline=None)
def test_amounts_of_one_shape_are_read_alike(whole: list[str], decimal: list[str], ambiguous: list[str]) -> None:
    texts = [*whole, *decimal, *ambiguous]
    assert all(re.search(FAST_PATTERNS["decimal"], text) for text in texts)
    point, comma = read(texts, "decimal", "point"), read(texts, "decimal", "comma")
    micro = Decimal("0.000001")
    assert all(abs(Decimal(str(value)) - Decimal(text)) <= micro for value, text in zip(point, texts, strict=True))
    expected = [*map(Decimal, whole), *[None] * len(decimal), *(1000 * Decimal(text) for text in ambiguous)]
    assert [None if value is None else Decimal(str(value)) for value in comma] == expected
