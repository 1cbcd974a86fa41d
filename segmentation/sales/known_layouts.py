"""Layouts of known exports, recognized by their header: which column has which role, and what its values mean.

A layout is a TOML file in `layouts/`, so adding one takes no code:

    export = "Shopify order export"         what pages call it
    note = "Sales are the subtotal of ..."  what the layout decides, in one sentence
    header = ["Name", "Email", ...]         columns that a file must have to be recognized; it may have others
    [columns]                               role -> column, several columns in order of preference, or "" for none
    [settings]                              fields of SalesSettings
    [missing]                               role -> hint for the error if the file has none of its columns

What a layout sets is a default: the user's own settings override it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from segmentation.errors import ColumnError, SettingsError
from segmentation.sales.column_mapping import AMOUNTS, index_by_normalized_name, normalize_name
from segmentation.settings import NO_LAYOUT, SalesSettings

FOLDER = Path(__file__).parent / "layouts"
_PAIRS = ("statuses", "customer_values")
"""Settings that are tuples of pairs: the user's pairs are added to the layout's instead of replacing them."""


@dataclass(frozen=True)
class Layout:
    """The layout of one known export."""

    id: str
    """The name of its file, and the value of the setting `layout`."""
    export: str
    note: str
    header: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    """Role -> columns in order of preference; (): no column has the role."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Field of SalesSettings -> its default for this export."""
    missing: Mapping[str, str] = field(default_factory=dict)
    """Role -> hint for the error if the table has none of its columns."""


@cache
def list_layouts() -> tuple[Layout, ...]:
    """All known layouts, by id."""
    return tuple(_read_layout(path) for path in sorted(FOLDER.glob("*.toml")))


def find_layout(names: Sequence[str], requested: str | None = None) -> Layout | None:
    """The layout of a table with these columns.

    Args:
        names: column names of the table; case, punctuation, accents and a table prefix do not matter.
        requested: the setting `layout`; None: recognize it.

    Returns:
        the layout; of several that fit, the one with the longest header; None if there is none.

    Raises:
        SettingsError: there is no layout called `requested`.

    >>> find_layout(["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "customer_id"]).id
    'online_retail_ii'
    """
    if requested == NO_LAYOUT:
        return None
    if requested is not None:
        chosen = next((layout for layout in list_layouts() if layout.id == requested), None)
        if chosen is None:
            known = ", ".join(layout.id for layout in list_layouts())
            raise SettingsError(f"Unknown layout {requested!r}.", hint=f"Choose: {known}, or {NO_LAYOUT}.")
        return chosen
    columns_by_name = index_by_normalized_name(names)
    fitting = [
        layout for layout in list_layouts() if all(normalize_name(name) in columns_by_name for name in layout.header)
    ]
    return max(fitting, key=lambda layout: len(layout.header), default=None)


def complete_settings(names: Sequence[str], settings: SalesSettings) -> tuple[Layout | None, SalesSettings]:
    """The layout of a table, and the settings completed by it; see `find_layout` and `apply_layout`."""
    layout = find_layout(names, settings.layout)
    return layout, settings if layout is None else apply_layout(names, layout, settings)


def apply_layout(names: Sequence[str], layout: Layout, settings: SalesSettings) -> SalesSettings:
    """Complete the settings of a user with those of a layout.

    If the user maps an amount column, the amounts and the `amount_grain` of the layout do not apply.

    Args:
        names: column names of the table.
        layout: its layout.
        settings: as the user chose them.

    Raises:
        ColumnError: the export lacks a column that a segmentation needs.
    """
    mapped = dict(settings.columns)
    has_own_amount = any(mapped.get(role) for role in AMOUNTS)
    columns_by_name = index_by_normalized_name(names)
    columns = dict(mapped)
    for role, candidates in layout.columns.items():
        if role in mapped:
            continue
        if not candidates or (has_own_amount and role in AMOUNTS):
            columns[role] = ""
            continue
        found = next((columns_by_name[key] for key in map(normalize_name, candidates) if key in columns_by_name), None)
        if found is None and role in layout.missing:
            raise ColumnError(f"This {layout.export} has no {role}.", hint=layout.missing[role])
        if found is not None and found not in mapped.values():
            columns[role] = found
    values = {name: value for name, value in layout.settings.items() if getattr(settings, name) in (None, ())}
    if has_own_amount:
        values.pop("amount_grain", None)
    for name in _PAIRS:
        values[name] = (*layout.settings.get(name, {}).items(), *getattr(settings, name))
    return replace(settings, columns=tuple(columns.items()), **values)


def _read_layout(path: Path) -> Layout:
    values = tomllib.loads(path.read_text(encoding="utf-8"))
    columns = {
        role: (names,) if isinstance(names, str) and names else tuple(names)
        for role, names in values.pop("columns").items()
    }
    return Layout(id=path.stem, header=tuple(values.pop("header")), columns=columns, **values)
