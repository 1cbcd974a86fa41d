"""Parse text to dates and amounts, as expressions that compile for every engine.

Date formats: `iso` (2024-01-31, 20240131; fast), `day-first` (31/01/2024), `month-first` (01/31/2024), `year-first`
(24/01/31). Every format recognizes a four-digit year and the name of a month.
Amount formats: `plain` (-1234.5, 1e3; fast), `point` (1,234.50) and `comma` (1.234,50). The last two accept currency
symbols, spaces and apostrophes between thousands, (12.50) and 12.50-.

The patterns use only what all engines support: no lookahead, no lazy quantifiers, no non-capturing groups.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

ISO, PLAIN = "iso", "plain"
MONEY = "decimal(38, 6)"
FAST_PATTERNS = {
    "dates": "^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T].*)?$|^[0-9]{8}$",
    "decimal": "^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?$",
}

_AFTER_DATE = "([ T,].*)?$"  # the time of day, which no feature uses
_TIME = "([ t,].*)?$"  # the same in lower case
_YEAR_LEADS = "^([0-9]{4})[-/. ]{1,2}([0-9]{1,2})[-/. ]{1,2}([0-9]{1,2})" + _AFTER_DATE
_NUMBERS = "^([0-9]{1,2})[-/. ]{1,2}([0-9]{1,2})[-/. ]{1,2}([0-9]{4}|[0-9]{2})" + _AFTER_DATE
_SHORT = "^[0-9]{1,2}[-/. ]{1,2}[0-9]{1,2}[-/. ]{1,2}[0-9]{1,2}" + _AFTER_DATE
_SHORT_YEAR_LEADS = "^([0-9]{2})[-/. ]{1,2}([0-9]{1,2})[-/. ]{1,2}([0-9]{1,2})" + _AFTER_DATE
_MONTH_NAME = "([^0-9 ,./-]{3,12})"
_WEEKDAY = "^([^0-9 ,./-]+[.,]{0,2} )?"
_DAY = "([0-9]{1,2})([a-z]{2})?"  # 1, 1st, 1er
_DAY_WORD = _WEEKDAY + _DAY + "[-/. ]{1,2}(de )?" + _MONTH_NAME + "[-/., ]{1,2}(de )?([0-9]{4}|[0-9]{2})" + _TIME
_WORD_DAY = _WEEKDAY + _MONTH_NAME + "[. ]{1,2}" + _DAY + ",? ([0-9]{4})" + _TIME
_MONTHS = (
    "jan gen ene",
    "feb fév fev",
    "mar mär mrz maa mrt",
    "apr avr abr",
    "may mai mag mei maj",
    "jun giu",
    "jul lug jui",
    "aug aoû aou ago",
    "sep set",
    "oct okt ott out",
    "nov",
    "dec dez déc dic des",
)
"""Prefixes of months in English, German, French, Spanish, Italian, Portuguese, Dutch and Swedish, except for juin."""
_ORDERS = {
    "day-first": (_NUMBERS, r"\3-\2-\1"),
    "month-first": (_NUMBERS, r"\3-\1-\2"),
    "year-first": (_SHORT_YEAR_LEADS, r"\1-\2-\3"),
}

_GROUP_SPACE = " '\u2019\u00a0\u202f\u2009"
_CURRENCY = "([^0-9 .,()'+%/:;*#=@<>_\u2212\u2013-]{1,4}[.]?[$]?)"
_AMOUNT = (
    f"^[(]?[-+\u2212]?[{_GROUP_SPACE}]?{_CURRENCY}?[{_GROUP_SPACE}]?[-+\u2212]?[{_GROUP_SPACE}]?"
    f"([0-9][0-9.,{_GROUP_SPACE}]*|[.,][0-9]+)[{_GROUP_SPACE}]?{_CURRENCY}?[{_GROUP_SPACE}]?[-\u2212]?[)]?$"
)
_BELOW_ZERO = "^[^0-9]*[-\u2212(]|[-\u2212]$"
_NO_CENTS = "[.,][-\u2013]$"  # 12,-
_BROKEN_GROUP = f"[{_GROUP_SPACE}][0-9]{{0,2}}([^0-9]|$)|[{_GROUP_SPACE}][0-9]{{4}}|[.,].*[{_GROUP_SPACE}]"
_SHAPE = {
    "point": "^([0-9]+|[1-9][0-9]{0,2}(,[0-9]{2,3})*,[0-9]{3})?([.][0-9]*)?$",
    "comma": "^([0-9]+|[1-9][0-9]{0,2}([.][0-9]{2,3})*[.][0-9]{3})?(,[0-9]*)?$",
}


def parse_date(text: ir.StringValue, way: str) -> ir.DateValue:
    """Parse text to a date in one format; null if it does not match."""
    text = text.strip()
    compact = text.re_search("^[0-9]{8}$")
    iso = text.substr(0, 4) + "-" + text.substr(4, 2) + "-" + text.substr(6, 2)
    if way == ISO:
        text = compact.ifelse(iso, text.substr(0, 10).replace("/", "-"))
        # only text that begins with a year: Snowflake's cast guesses at other formats, and at bare numbers
        return text.re_search("^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}").ifelse(text, ibis.null("string")).try_cast("date")
    lower, (pattern, order) = text.lower(), _ORDERS[way]
    iso_text = ibis.cases(
        (compact, iso),
        (text.re_search(_YEAR_LEADS), text.re_replace(_YEAR_LEADS, r"\1-\2-\3")),
        (text.re_search(pattern), _expand_short_year(text.re_replace(pattern, order))),
        (lower.re_search(_DAY_WORD), _replace_month_name(_expand_short_year(lower.re_replace(_DAY_WORD, r"\7-\5-\2")))),
        (lower.re_search(_WORD_DAY), _replace_month_name(lower.re_replace(_WORD_DAY, r"\5-\2-\3"))),
        else_="",
    )
    return iso_text.try_cast("date")


def has_short_year(text: ir.StringValue) -> ir.BooleanValue:
    """Whether text is a numeric date with a two-digit year: 24/01/31."""
    return text.strip().re_search(_SHORT)


def parse_amount(text: ir.StringValue, way: str) -> ir.DecimalValue:
    """Parse text to an amount in one format; null if it does not match."""
    text = text.strip()
    if way == PLAIN:
        return text.try_cast(MONEY)
    body = text.re_replace(_NO_CENTS, "")
    digits = body.re_extract(_AMOUNT, 2).strip()
    digits = digits.re_search(_BROKEN_GROUP).ifelse("", digits.re_replace(f"[{_GROUP_SPACE}]", ""))
    fits = digits.re_search(_SHAPE[way]) & digits.re_search("[0-9]")
    group, decimal = (",", ".") if way == "point" else (".", ",")
    plain = digits.replace(group, "").replace(decimal, ".")
    size = fits.ifelse(plain, "").try_cast(MONEY)
    amount = body.re_search(_BELOW_ZERO).ifelse(-size, size)
    with_exponent = text.replace(decimal, ".")  # 1,5E+03, as spreadsheets write large numbers
    is_exponent = text.re_search(f"^[-+]?[0-9]+([{decimal}][0-9]*)?[eE][-+]?[0-9]+$")
    return is_exponent.ifelse(with_exponent, "").try_cast(MONEY).fill_null(amount)


def strip_percent_sign(text: ir.StringValue) -> ir.StringValue:
    """'20 %' as '20'; other text as it is."""
    return text.re_replace("[ \u00a0]*%[ \u00a0]*$", "")


def _expand_short_year(text: ir.StringValue) -> ir.StringValue:
    """24-1-31 to 2024-1-31; two-digit years from 70 on belong to the 20th century."""
    return text.re_replace("^([0-6][0-9])-", r"20\1-").re_replace("^([7-9][0-9])-", r"19\1-")


def _replace_month_name(text: ir.StringValue) -> ir.StringValue:
    """2024-januar-31 to 2024-01-31."""
    text = text.replace("juin", "jun").re_replace("-([^0-9-]{3})[^0-9-]*-", r"-\1-")
    for number, names in enumerate(_MONTHS, start=1):
        for name in names.split():
            text = text.replace(f"-{name}-", f"-{number:02}-")
    return text
