"""Building blocks of a JSON schema: checks of values that name the key that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

Check = Callable[[Any, str], None]


class InvalidManifestError(ValueError):
    """A manifest that does not fit the schema; the message names the key and what is wrong with it."""


def require(condition: bool, key: str, problem: str) -> None:
    """Raise InvalidManifestError unless the condition holds."""
    if not condition:
        raise InvalidManifestError(f"{key} {problem}")


def is_number(value: Any) -> bool:
    """Whether a value is a number; true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_count(value: Any) -> bool:
    """Whether a value is a whole number that is not negative."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_date(value: Any) -> bool:
    """Whether a value is a date in ISO form."""
    return isinstance(value, str) and _parses(date.fromisoformat, value)


def is_utc_time(value: Any) -> bool:
    """Whether a value is a time in UTC in ISO form."""
    return isinstance(value, str) and _parses(datetime.fromisoformat, value) and value.endswith("Z")


def _parses(parse: Callable[[str], Any], text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


def build_check(holds: Callable[[Any], bool], what: str) -> Check:
    """Build the check that a predicate holds; `what` describes the expected value."""

    def check(value: Any, key: str) -> None:
        require(holds(value), key, f"is not {what}")

    return check


def allow_none(inner: Check) -> Check:
    """Build a check that also accepts null."""

    def check(value: Any, key: str) -> None:
        if value is not None:
            inner(value, key)

    return check


def check_list_of(inner: Check) -> Check:
    """Build the check of a list and of each item."""

    def check(value: Any, key: str) -> None:
        require(isinstance(value, list), key, "is not a list")
        for item in value:
            inner(item, key)

    return check


def check_mapping_of(inner: Check) -> Check:
    """Build the check of an object with any keys and of each value."""

    def check(value: Any, key: str) -> None:
        require(isinstance(value, dict), key, "is not an object")
        for item in value.values():
            inner(item, key)

    return check


def check_object_of(required: Mapping[str, Check], optional: Mapping[str, Check], only: bool = False) -> Check:
    """Build the check of an object with these keys, and with `only` no others."""

    def check(value: Any, key: str) -> None:
        require(isinstance(value, dict), key or "the manifest", "is not an object")
        for name, inner in {**required, **optional}.items():
            path = f"{key}.{name}" if key else name
            if name in value:
                inner(value[name], path)
            else:
                require(name not in required, path, "is missing")
        unknown: Iterable[str] = set(value) - set(required) - set(optional)
        require(not (only and unknown), key, "has an unknown key")

    return check


check_text = build_check(lambda value: isinstance(value, str), "text")
check_flag = build_check(lambda value: isinstance(value, bool), "true or false")
check_count = build_check(is_count, "a whole number")
check_number = build_check(is_number, "a number")
check_day = build_check(is_date, "a date")
check_numbers = check_list_of(check_number)
check_texts = check_list_of(check_text)
