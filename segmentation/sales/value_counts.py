"""Counts of the values of statuses, currencies and doubtful customer ids, on all lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import ibis

from segmentation.errors import DataQuestionError, ValueTotal
from segmentation.sales import customer_ids
from segmentation.sales.source import SalesSource

MAX_VALUES = 50
"""A column with more values is not a status."""
_SHOWN = 8


def count_values(
    source: SalesSource, lines: ibis.Table, roles: Sequence[str], money: ibis.Value
) -> dict[str, list[ValueTotal]]:
    """Count lines and money of each value of some columns, the most frequent first; a blank cell is "".

    Args:
        source: the source of the lines.
        lines: with the columns of `roles` as text.
        roles: which columns.
        money: the amount of a line.
    """
    if not roles:
        return {}
    stacked = [
        lines.select(role=ibis.literal(role, "string"), value=ibis.coalesce(lines[role], ""), money=money)
        for role in roles
    ]
    values = ibis.union(*stacked) if len(stacked) > 1 else stacked[0]
    totals = values.group_by("role", "value").aggregate(lines=values.count(), money=values.money.sum())
    ranked = totals.mutate(rank=ibis.row_number().over(group_by="role", order_by=[totals.lines.desc(), totals.value]))
    rows = source.fetch(ranked.filter(ranked["rank"] <= MAX_VALUES)).to_pylist()
    found: dict[str, list[ValueTotal]] = {role: [] for role in roles}
    for row in sorted(rows, key=lambda row: int(row["rank"])):
        found[row["role"]].append(_to_value_total(row))
    return found


def count_doubtful_customers(source: SalesSource, lines: ibis.Table, money: ibis.Value) -> list[ValueTotal]:
    """Count lines and money of customer ids that may stand for many people, compared without case."""
    doubtful = lines.mutate(money=money).filter(customer_ids.is_doubtful(lines.customer_id))
    doubtful = doubtful.mutate(value=doubtful.customer_id.cast("string").lower())
    totals = doubtful.group_by("value").aggregate(lines=doubtful.count(), money=doubtful.money.sum())
    return sorted((_to_value_total(row) for row in source.fetch(totals).to_pylist()), key=lambda total: -total.lines)


def build_values_question(
    values: Sequence[ValueTotal], *, sentence: str, setting: str, option: str, options: Mapping[str, str]
) -> DataQuestionError:
    """The error that asks what some values mean, with the lines and the money of each.

    Args:
        values: what is asked about.
        sentence: the start of the message, without a period.
        setting: the field of SalesSettings that holds the answer.
        option: the command-line option for it.
        options: answer -> what it does.
    """
    shown = [f"{total.value or '(blank)'!r} ({describe_total(total)})" for total in values[:_SHOWN]]
    more = f", and {len(values) - _SHOWN} more" if len(values) > _SHOWN else ""
    answers = " ".join(f'"{total.value}={next(iter(options))}"' for total in values[:2])
    return DataQuestionError(
        f"{sentence}: {', '.join(shown)}{more}.",
        hint=f"Say what each means ({', '.join(options)}), for example {option} {answers}.",
        setting=setting,
        options=options,
        values=values,
    )


def describe_total(total: ValueTotal) -> str:
    """Lines and money of a value, for a sentence.

    >>> describe_total(ValueTotal("on hold", 1, Decimal("1234.5")))
    '1 line, 1,234.50'
    """
    money = "amount unknown" if total.money is None else f"{total.money:,.2f}"
    return f"{total.lines:,} line{'s' * (total.lines != 1)}, {money}"


def _to_value_total(row: Mapping[str, object]) -> ValueTotal:
    money = row["money"]
    return ValueTotal(str(row["value"]), int(str(row["lines"])), None if money is None else Decimal(str(money)))
