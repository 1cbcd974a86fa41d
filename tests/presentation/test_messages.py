"""Messages keep their values: one sentence for the command line, one for each reader of a page."""

from __future__ import annotations

import pickle
from decimal import Decimal

import pandas as pd
import pytest

from segmentation.clustering.k_selection import KRecommendation, recommend_k
from segmentation.errors import ColumnError
from segmentation.features.registry import split_available_features
from segmentation.messages import ColumnName, MapOption, Message
from segmentation.presentation.messages import render_message
from segmentation.presentation.number_format import NumberFormat, number_format_context
from segmentation.sales.column_mapping import resolve_columns

EURO = NumberFormat("1.234,50")
SCORES = pd.DataFrame(
    {"k": [3, 4], "inertia": [9.0, 8.0], "silhouette_score": [0.5, 0.25], "smallest_segment": [2346, 1000]}
)


def render(message: str, form: NumberFormat = EURO) -> str:
    with number_format_context(form):
        return render_message(message)


@pytest.mark.parametrize(
    ("message", "command_line", "page"),
    [
        (Message("{n:,} lines", {"n": 1234}), "1,234 lines", "1.234 lines"),
        (Message("{x:.2f} of 1", {"x": 0.256}), "0.26 of 1", "0,26 of 1"),
        (Message("{x:.1%} of 2.5", {"x": 0.1}), "10.0% of 2.5", "10,0% of 2.5"),
        (Message("'{text}' is {x:,f}", {"text": "1,2", "x": Decimal("1.2")}), "'1,2' is 1.2", "'1,2' is 1,2"),
        (Message("no {name}", {"name": ColumnName("discount_amount")}), "no discount_amount", "no discount"),
        (Message("no {name}", {"name": ColumnName("quantity")}), "no quantity", "no quantity"),
        (Message("Map it{how}.", {"how": MapOption(": --map a=NAME")}), "Map it: --map a=NAME.", None),
        (Message("{both}.", {"both": Message("{n:,} and {name}", {"n": 1000, "name": "{n}"})}), "1,000 and {n}.", None),
    ],
)
def test_message_writes_values_for_its_reader(message: Message, command_line: str, page: str | None) -> None:
    assert message == command_line
    if page:
        assert render(message) == page
        assert render(message, NumberFormat()) in (command_line, "no discount")


def test_message_nests_and_replaces_options_on_a_page() -> None:
    inner = Message("{n:,} and {name}", {"n": 1000, "name": "{n}"})
    assert render(Message("{both}.", {"both": inner})) == "1.000 and {n}."
    assert render(Message("Map it{how}.", {"how": MapOption(": --map a=NAME")})) == "Map it on the Upload data page."


def test_message_survives_a_cache() -> None:
    message = pickle.loads(pickle.dumps(Message("{n:,} lines", {"n": 1234})))
    assert (message, render(message)) == ("1,234 lines", "1.234 lines")


def test_stored_text_is_shown_as_stored() -> None:
    assert render("Of 1,234 customers {0.35} have no discount_amount.") == (
        "Of 1,234 customers {0.35} have no discount_amount."
    )


def test_recommendation_follows_the_format_until_it_is_stored() -> None:
    recommendation = recommend_k(SCORES, 10_000, (3, 8))
    assert recommendation.summary.endswith("The smallest has 2,346 customers.")
    assert render(recommendation.summary).endswith("The smallest has 2.346 customers.")
    assert "0,50 with 3" in render(recommendation.rationale[1])
    assert "2.346 customers, 23,5\N{NO-BREAK SPACE}% of all" in render(recommendation.rationale[2])
    stored = {
        name: [*map(str, value)] if name == "reasons" else value for name, value in recommendation.to_dict().items()
    }
    assert KRecommendation.from_dict(stored) == recommendation


def test_column_hint_names_the_option_or_the_page() -> None:
    with pytest.raises(ColumnError) as caught:
        resolve_columns(["who", "day"])
    assert caught.value.hint == "Specify it: --map customer_id=NAME. The table has: who, day."
    assert render(caught.value.hint) == "Specify it on the Upload data page. The table has: who, day."


def test_hint_for_two_matching_columns_shows_no_option_on_a_page() -> None:
    with pytest.raises(ColumnError) as caught:
        resolve_columns(["Bestelldatum", "Rechnungsdatum", "Kunde", "Betrag"])
    assert "--map transaction_date= for none of them" in caught.value.hint
    assert render(caught.value.hint) == "Specify which to use on the Upload data page."


def test_reason_of_a_missing_feature_calls_columns_by_plain_terms() -> None:
    reason = split_available_features(["customer_id", "transaction_date", "net_sales_amount"])[1]["discount_share"]
    assert reason == "The table has no gross_sales_amount and no discount_amount."
    assert render(reason) == "The table has no gross sales and no discount."
