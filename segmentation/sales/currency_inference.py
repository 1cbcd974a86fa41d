"""Infer the currency of all money; ask if there are several, because they are never added up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import ibis

from segmentation.errors import DataQuestionError, SettingsError, ValueTotal
from segmentation.sales.line_amounts import get_provisional_amount
from segmentation.sales.line_parsing import fill_blank_cells
from segmentation.sales.line_semantics import LineSemantics
from segmentation.sales.source import SalesSource
from segmentation.sales.value_counts import count_values, describe_total
from segmentation.settings import SalesSettings

_MAX_CODE_LENGTH = 12
"""Characters; a longer text is not a currency."""


def infer_currency(
    source: SalesSource,
    parsed: ibis.Table,
    columns: Mapping[str, str],
    settings: SalesSettings,
    semantics: LineSemantics,
) -> LineSemantics:
    """Infer the currency from its column or from signs in amounts.

    Raises:
        DataQuestionError: there are several, and neither one nor rates are specified.
        SettingsError: the specified one is not in the data, or has no rate.
    """
    if "currency" not in parsed.columns:
        return semantics
    money = get_provisional_amount(parsed, semantics.amount)
    counted = count_values(source, parsed, ["currency"], money)["currency"]
    if "transaction_id" in columns and len(counted) > 1 and any(not total.value for total in counted):
        filled = fill_blank_cells(parsed, ["currency"])
        counted = count_values(source, filled, ["currency"], money)["currency"]
        semantics = replace(semantics, filled=semantics.filled | {"currency"})
    known = {total.value: total for total in counted if total.value and len(total.value) <= _MAX_CODE_LENGTH}
    if not known:
        return semantics
    rates = dict(settings.rates)
    if settings.currency is None:
        if len(known) > 1:
            raise _build_currency_question(known)
        return replace(semantics, currency=next(iter(known)))
    if settings.currency not in known and not rates:
        raise SettingsError(f"No amount is in {settings.currency}.", hint=f"The currencies are: {', '.join(known)}.")
    missing = sorted(known.keys() - rates.keys() - {settings.currency})
    if rates and missing:
        raise SettingsError(
            f"The rates table has no rate for {', '.join(missing)}.",
            hint=f"Add what one unit is worth in {settings.currency}.",
        )
    used = {code: rate for code, rate in rates.items() if code in known}
    notice = f"Amounts in {', '.join(sorted(used))} were converted to {settings.currency}." if used else ""
    return replace(
        semantics,
        currency=settings.currency,
        rates=used,
        has_other_currencies=known.keys() != {settings.currency},
        notices=(*semantics.notices, *filter(None, [notice])),
    )


def _build_currency_question(known: Mapping[str, ValueTotal]) -> DataQuestionError:
    values = list(known.values())
    shown = ", ".join(f"{total.value} ({describe_total(total)})" for total in values[:8])
    first = next(iter(known))
    return DataQuestionError(
        f"The amounts are in {len(known)} currencies, which cannot be added up: {shown}.",
        hint=f"Choose one (--currency {first}), or convert them (--currency {first} --rates rates.csv).",
        setting="currency",
        options={code: f"Only lines in {code} count." for code in known},
        values=values,
    )
