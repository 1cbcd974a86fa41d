"""A made-up web shop: sold lines of customers with planted behaviors, in any number, straight to Parquet.

The lines are made in blocks of customers. Each block has random numbers of its own, so that neither the number of
threads nor the order in which blocks are made changes a line, and memory holds a few blocks however many there are.
`assign_profiles` tells which customer was given which behavior; nothing but tests and benchmarks reads it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from typing import IO, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from segmentation.errors import SettingsError
from segmentation.sales.demo import shopper_profiles as habits

CUSTOMERS, LINES = 1_468, 52_924
FIRST_DAY, DAYS = date(2025, 1, 1), 365
FEWEST, MOST = 100, 100_000_000
SEED = 42

_BLOCK = 10_000
"""Customers of a block: some 360,000 lines, which is a good row group."""
_THREADS = 2
_RETURNED, _DUPLICATED = 0.022, 0.002
"""Shares of all lines."""
_DIRTY = {"no_customer": 0.004, "no_date": 0.002, "after_load_day": 0.001, "no_amount": 0.002}
"""Shares of all lines that are set aside, by reason in `segmentation.sales.standardize`; duplicates come on top."""
_FIRST_ID = 100_001
_EPOCH_DAY = (FIRST_DAY - date(1970, 1, 1)).days
_MISTYPED_CENTURY = 36_524
"""Days of the hundred years by which a mistyped date is late: 2125 for 2025."""

Ints = np.ndarray[Any, np.dtype[np.int64]]
Lines = dict[str, np.ndarray[Any, Any]]


def write_shop(
    out: IO[bytes],
    customers: int = CUSTOMERS,
    seed: int = SEED,
    threads: int = _THREADS,
    on_progress: Callable[[float, str], None] = lambda share, what: None,
) -> int:
    """Write the sold lines of a shop as Parquet and give their number, 36.05 per customer.

    Every customer buys at least once. Ids run from 100001 on; dates lie in 2025, but for a few that are mistyped.

    Raises:
        SettingsError: the number of customers is below 100 or above 100 million, or the seed below 0.
    """
    blocks = _split_blocks(customers, seed)
    lines = 0
    with ThreadPoolExecutor(threads) as pool:
        coming: deque[Future[pa.Table]] = deque()
        writer = None
        for done, block in enumerate(_generate_ahead(pool, coming, blocks, customers, seed, threads)):
            writer = writer or pq.ParquetWriter(
                out, block.schema, compression="snappy", use_dictionary=habits.DICTIONARY_COLUMNS
            )
            writer.write_table(block, row_group_size=len(block))
            lines += len(block)
            on_progress((done + 1) / len(blocks), "Making up a shop")
        assert writer is not None
        writer.close()
    return lines


def assign_profiles(customers: int = CUSTOMERS, seed: int = SEED) -> pd.DataFrame:
    """The truth: customer_id (int64) and the behavior each customer was given, one row per customer."""
    names = np.array([behavior.name for behavior in habits.SHOPPER_PROFILES])
    parts = [
        _draw_profiles(_create_rng(seed, number), end - start)
        for number, (start, end) in enumerate(_split_blocks(customers, seed))
    ]
    ids = np.arange(customers, dtype=np.int64) + _FIRST_ID
    return pd.DataFrame({"customer_id": ids, "behaviour": names[np.concatenate(parts)]})


def _split_blocks(customers: int, seed: int) -> list[tuple[int, int]]:
    """First customer and the one after the last of each block, all blocks about as large."""
    if not FEWEST <= customers <= MOST:
        raise SettingsError(
            f"A shop of {customers:,} customers cannot be made up.", hint=f"Ask for {FEWEST} to {MOST:,}."
        )
    if seed < 0:
        raise SettingsError("The seed must be 0 or more.", hint="42 is as good as any other.")
    number = -(-customers // _BLOCK)
    return [(customers * block // number, customers * (block + 1) // number) for block in range(number)]


def _generate_ahead(
    pool: ThreadPoolExecutor,
    coming: deque[Future[pa.Table]],
    blocks: list[tuple[int, int]],
    customers: int,
    seed: int,
    threads: int,
) -> Iterator[pa.Table]:
    """The blocks in order, made by several threads that run at most two blocks ahead each."""
    for number, (start, end) in enumerate(blocks):
        coming.append(pool.submit(_generate_block, number, start, end, _count_lines(end) - _count_lines(start), seed))
        if len(coming) > 2 * threads:
            yield coming.popleft().result()
    while coming:
        yield coming.popleft().result()


def _count_lines(customers: int) -> int:
    """How many lines the first so many customers have."""
    return customers * LINES // CUSTOMERS


def _create_rng(seed: int, block: int) -> np.random.Generator:
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence((seed, block))))


def _draw_profiles(rng: np.random.Generator, customers: int) -> Ints:
    """The behavior of each customer of a block; the first that is drawn from its random numbers."""
    shares = np.array([behavior.share for behavior in habits.SHOPPER_PROFILES])
    return rng.choice(len(shares), customers, p=shares / shares.sum())


def _generate_block(number: int, start: int, end: int, quota: int, seed: int) -> pa.Table:
    rng = _create_rng(seed, number)
    given = _draw_profiles(rng, end - start)
    returned, duplicated = round(_RETURNED * quota), round(_DUPLICATED * quota)
    lines = _generate_purchases(rng, given, start, quota - returned - duplicated)
    _add_bad_lines(rng, lines, quota)
    kept = np.arange(len(lines["customer"]))
    chosen = _generate_returns(rng, lines, returned)
    copies = rng.choice(kept, duplicated, replace=False)
    order = np.concatenate([kept, copies, chosen])
    went_back = np.zeros(len(order), bool)
    went_back[len(order) - returned :] = True
    lines = {name: column[order] for name, column in lines.items()}
    lines["day"][went_back] += rng.integers(2, 21, returned)
    np.minimum(lines["day"], DAYS - 1, out=lines["day"])
    sign = np.where(went_back, -1, 1)
    for name in ("quantity", "gross", "discount"):
        lines[name] = lines[name] * sign
    by_day = np.argsort(lines["day"].astype(np.int16), kind="stable")
    return _to_arrow({name: column[by_day] for name, column in lines.items()}, start)


def _generate_purchases(rng: np.random.Generator, given: Ints, start: int, wanted: int) -> Lines:
    """Exactly `wanted` bought lines, at least one per customer: customer, order, day, category, money in cents."""
    people = habits.draw_customer_traits(rng, given)
    customer = np.repeat(np.arange(len(given)), people.orders)
    day = people.draw_days(rng, customer)
    first = np.cumsum(people.orders) - people.orders
    nth = np.arange(len(customer)) - first[customer]
    order = (start + customer + 1) * 1_000 + nth
    sizes = _adjust_sizes(rng, 1 + rng.poisson(people.further_lines[customer]), wanted)
    coupon, rate = habits.draw_coupons(rng, given[customer], day)

    at = np.repeat(np.arange(len(customer)), sizes)
    who = customer[at]
    category = habits.draw_categories(rng, given[who], day[at])
    quantity = np.minimum(rng.geometric(0.72, wanted), 40)
    unit = np.exp(habits.LOG_PRICE[category] + 0.5 * rng.standard_normal(wanted, np.float32)) * people.level[who]
    gross = np.maximum(np.rint(100 * unit), 50).astype(np.int64) * quantity
    return {
        "customer": who,
        "order": order[at],
        "day": day[at],
        "category": category,
        "quantity": quantity,
        "gross": gross,
        "discount": np.rint(gross * rate[at]).astype(np.int64),
        "coupon": coupon[at],
        "flaw": np.zeros(wanted, np.int8),
        "is_first": np.concatenate([[True], who[1:] != who[:-1]]),
    }


def _adjust_sizes(rng: np.random.Generator, sizes: Ints, wanted: int) -> Ints:
    """Lines per order, changed by chance so that they add up to `wanted` and none falls below one."""
    excess = int(sizes.sum()) - wanted
    if excess > 0:
        return sizes - rng.multivariate_hypergeometric(sizes - 1, excess, method="marginals")
    return sizes + np.bincount(rng.integers(0, len(sizes), -excess), minlength=len(sizes))


def _generate_returns(rng: np.random.Generator, lines: Lines, number: int) -> Ints:
    """So many of the lines without a flaw, those of much-returned categories before others."""
    weight = habits.RETURN_WEIGHTS[lines["category"]] * (lines["flaw"] == 0)
    with np.errstate(divide="ignore"):
        waiting = rng.standard_exponential(len(weight)) / weight
    return np.sort(np.argpartition(waiting, number)[:number])


def _add_bad_lines(rng: np.random.Generator, lines: Lines, quota: int) -> None:
    """Give a share of the lines a flaw, never a customer's first: who is in the shop stays known."""
    counts = [round(share * quota) for share in _DIRTY.values()]
    chosen = rng.choice(np.flatnonzero(~lines.pop("is_first")), sum(counts), replace=False)
    lines["flaw"][chosen] = np.repeat(np.arange(len(counts), dtype=np.int8) + 1, counts)


def _to_arrow(lines: Lines, start: int) -> pa.Table:
    flaw = dict(zip(_DIRTY, (lines["flaw"] == number + 1 for number in range(len(_DIRTY))), strict=True))
    day = lines["day"] + _EPOCH_DAY
    day[flaw["after_load_day"]] += _MISTYPED_CENTURY
    zero_day = flaw["no_date"] & (lines["order"] % 2 == 0)  # a missing date is at times written as 1970-01-01
    day[zero_day] = 0
    amounts = {
        "gross_sales_amount": lines["gross"] / 100,
        "discount_amount": lines["discount"] / 100,
        "net_sales_amount": (lines["gross"] - lines["discount"]) / 100,
    }
    return pa.table(
        {
            "transaction_id": pa.array(lines["order"]),
            "customer_id": pa.array(lines["customer"] + start + _FIRST_ID, mask=flaw["no_customer"]),
            "transaction_date": pa.array(day.astype(np.int32), mask=flaw["no_date"] & ~zero_day).cast(pa.date32()),
            "product_category": _dictionary_array(lines["category"], habits.CATEGORIES),
            "quantity": pa.array(lines["quantity"].astype(np.int32)),
            "coupon_status": _dictionary_array(lines["coupon"], habits.COUPON_STATUS),
            **{name: pa.array(amount, mask=flaw["no_amount"]) for name, amount in amounts.items()},
        }
    )


def _dictionary_array(codes: np.ndarray[Any, Any], words: tuple[str, ...]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(codes.astype(np.int8), pa.array(words))
