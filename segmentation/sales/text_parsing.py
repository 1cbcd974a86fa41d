"""Parse text to dates and amounts, as expressions that compile for every engine.

Date formats: `iso` (2024-01-31, 20240131; fast), `day-first` (31/01/2024), `month-first` (01/31/2024), `year-first`
(24/01/31), `spreadsheet-serial` (45322), `epoch-seconds` (1706659200), `epoch-milliseconds` and `epoch-microseconds`.
Every format with an order of its numbers also recognizes a four-digit year, the name of a month, an ISO week date
(2024-W05-3), Chinese, Japanese and Korean dates, a time before or after the date, and spreadsheet serials between other
dates.
Amount formats: `plain` (-1234.5, 1e3; fast), `point` (1,234.50) and `comma` (1.234,50). The last two accept currency
symbols, spaces and apostrophes between thousands, (12.50), 12.50- and 12,-, and HTML entities (&pound;12.50).

The patterns use only what all engines support: no lookahead, no lazy quantifiers, no non-capturing groups.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

ISO, PLAIN = "iso", "plain"
SERIAL, SECONDS = "spreadsheet-serial", "epoch-seconds"
MILLISECONDS, MICROSECONDS = "epoch-milliseconds", "epoch-microseconds"
MONEY = "decimal(38, 6)"
FAST_PATTERNS = {
    "dates": "^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T].*)?$|^[0-9]{8}$",
    "decimal": "^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?$",
}
NUMBER_PATTERNS = {
    SERIAL: "^[2-6][0-9]{4}([.,][0-9]+)?$",  # 1954 to 2091
    SECONDS: "^[0-9]{9,10}([.,][0-9]+)?$",  # from 1973
    MILLISECONDS: "^[0-9]{12,13}([.,][0-9]+)?$",
    MICROSECONDS: "^[0-9]{15,16}$",
}
"""Date formats that are bare numbers -> pattern."""
_DAYS = {
    SERIAL: ("1899-12-30", 1),
    SECONDS: ("1970-01-01", 86_400),
    MILLISECONDS: ("1970-01-01", 86_400_000),
    MICROSECONDS: ("1970-01-01", 86_400_000_000),
}
"""Date format -> day zero, and units per day. Day zero of spreadsheets allows for the February 29, 1900, they count."""

_AFTER_DATE = "[.]?([ T,:].*)?$"  # the time of day, which no feature uses
_TIME = "([ t,:].*)?$"  # the same in lower case
_BEFORE_DATE = "^('|\\[|[0-9]{1,2}:[0-9:.,]+( ?[aApP][.]?[mM][.]?)?[ ,-]+)"  # the mark of text; the time
_COMPACT = "^([0-9]{4})([0-9]{2})([0-9]{2})([ tT]?[0-9]{4}([0-9]{2}([0-9]{3})?)?([.,zZ+ -].*)?|[ tT][0-9]{1,2}:.*)?$"
_YEAR_LEADS = "^([0-9]{4})[-/. ]{1,2}([0-9]{1,2})[-/. ]{1,2}([0-9]{1,2})" + _AFTER_DATE
_NUMBERS = "^([0-9]{1,2})[-/. ]{1,2}([0-9]{1,2})[-/. ]{1,2}([0-9]{4}|[0-9]{2})" + _AFTER_DATE
_SHORT = "^[0-9]{1,2}[-/. ]{1,2}[0-9]{1,2}[-/. ]{1,2}[0-9]{1,2}" + _AFTER_DATE
_SHORT_YEAR_LEADS = "^([0-9]{2})[-/. ]{1,2}([0-9]{1,2})[-/. ]{1,2}([0-9]{1,2})" + _AFTER_DATE
_MONTH_NAME = "([^0-9 ,./:-]{3,12})"
_WEEKDAY = "^([^0-9 ,./-]+[.,]{0,2} )?"
_DAY = "([0-9]{1,2})([a-z\u00ba\u00aa\u00b0]{1,2})?"  # 1, 1st, 1er, 1\u00ba
_DAY_WORD = _WEEKDAY + _DAY + "[-/. ]{1,2}(de |of )?" + _MONTH_NAME + "[-/., ]{1,2}(del? )?([0-9]{4}|[0-9]{2})" + _TIME
_JOINED = "^([0-9]{1,2})" + _MONTH_NAME + "([0-9]{4}|[0-9]{2})" + _TIME  # 31jan2024, as SAS and Oracle write it
_WORD_DAY = _WEEKDAY + _MONTH_NAME + "[-/. ]{1,2}" + _DAY + "[-/, ]{1,2}([0-9]{4}|[0-9]{2})([ t,].*)?$"
_CLOCK_YEAR = _WEEKDAY + _MONTH_NAME + " {1,2}([0-9]{1,2}) [0-9:]+ ([^ ]+ )?([0-9]{4})$"  # the command date of Unix
_YEAR_WORD = "^([0-9]{4})[-/. ]{1,2}" + _MONTH_NAME + "[-/. ]{1,2}([0-9]{1,2})" + _TIME
_EAST_ASIAN = "^([0-9]{4}) ?[\u5e74\ub144] ?([0-9]{1,2}) ?[\u6708\uc6d4] ?([0-9]{1,2}) ?[\u65e5\uc77c].*$"
_WEEK_DATE = "^([0-9]{4})-?w([0-9]{2})-?([1-7])" + _TIME
_MONTHS = (
    "jan gen ene sty",
    "feb f\u00e9v fev lut",
    "mar m\u00e4r mrz maa mrt",
    "apr avr abr kwi",
    "may mai mag mei maj",
    "jun giu cze",
    "jul lug jui lip",
    "aug ao\u00fb aou ago sie",
    "sep set wrz",
    "oct okt ott out pa\u017a paz",
    "nov lis",
    "dec dez d\u00e9c dic des gru",
)
"""Prefixes of months in English, German, French, Spanish, Italian, Portuguese, Dutch, Swedish and Polish, except for
the French juin."""
_WITH_MONTH_NAME = (
    (_DAY_WORD, r"\7-\5-\2"),
    (_CLOCK_YEAR, r"\5-\2-\3"),
    (_WORD_DAY, r"\5-\2-\3"),
    (_JOINED, r"\3-\2-\1"),
    (_YEAR_WORD, r"\1-\2-\3"),
)
_ORDERS = {
    "day-first": (_NUMBERS, r"\3-\2-\1"),
    "month-first": (_NUMBERS, r"\3-\1-\2"),
    "year-first": (_SHORT_YEAR_LEADS, r"\1-\2-\3"),
}

_GROUP_SPACE = " '\u2019\u00a0\u202f\u2009"
_NO_SIGN = "0-9 .,()'+%/:;*#=@<>_\u2212\u2013-"
_BEFORE_AMOUNT = f"([^{_NO_SIGN}]{{1,4}}[.]?( ?[$\u20ac\u00a3\u00a5])?)"
_AFTER_AMOUNT = f"([^{_NO_SIGN}]{{2,4}}[.]?( ?[$\u20ac\u00a3\u00a5])?|[^a-zA-Z{_NO_SIGN}])"  # 5k and 12.5O are none
_SPACE, _MINUS = f"[{_GROUP_SPACE}]?", "[-\u2212\u2013]?"
_AMOUNT = (
    f"^[(]?[-+\u2212\u2013]?{_SPACE}{_BEFORE_AMOUNT}?{_SPACE}[(]?{_SPACE}[-+\u2212\u2013]?{_SPACE}"
    f"([0-9][0-9.,{_GROUP_SPACE}]*|[.,][0-9]+){_SPACE}{_MINUS}[)]?{_SPACE}{_AFTER_AMOUNT}?{_SPACE}{_MINUS}[)]?$"
)
_DIGITS = 3
"""Group of _AMOUNT."""
_SPACE_ENTITY, _ENTITY = "&(nbsp|#160|thinsp|#8239);", "&#?[a-zA-Z0-9]+;"
_BELOW_ZERO = "^[^0-9]*[-\u2212\u2013(]|[-\u2212\u2013][^0-9]*$"
_NO_CENTS = "(/-|[.,][-\u2013\u2014]{1,2})([^0-9]*)$"  # 12,- and the Indian 12/-
_BROKEN_GROUP = f"[{_GROUP_SPACE}][0-9]{{0,2}}([^0-9]|$)|[{_GROUP_SPACE}][0-9]{{4}}|[.,].*[{_GROUP_SPACE}]"
_SHAPE = {
    "point": "^([0-9]+|[1-9][0-9]{0,2}(,[0-9]{2,3})*,[0-9]{3})?([.][0-9]*)?$",
    "comma": "^([0-9]+|[1-9][0-9]{0,2}([.][0-9]{2,3})*[.][0-9]{3})?(,[0-9]*)?$",
}


AMOUNT_SHAPES = {
    "0": "^[-+]?[0-9]{1,15}$",
    "0.5": "^[-+]?([0-9]{1,15}[.]([0-9]{1,2}|[0-9]{4,15})|(0[0-9]{0,14}|[0-9]{4,15})[.][0-9]{3})$",
    "1.234": "^[-+]?[1-9][0-9]{0,2}[.][0-9]{3}$",
}
"""An amount -> all of its shape: equal in both formats; with a decimal point only; different in both formats."""


def parse_date(text: ir.StringValue, date_format: str) -> ir.DateValue:
    """Parse text to a date in one format; null if it does not match."""
    text = text.strip()
    if date_format == ISO:
        iso = text.substr(0, 4) + "-" + text.substr(4, 2) + "-" + text.substr(6, 2)
        text = text.re_search("^[0-9]{8}$").ifelse(iso, text.substr(0, 10).replace("/", "-"))
        # only text that begins with a year: Snowflake's cast guesses at other formats, and at bare numbers
        return text.re_search("^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}").ifelse(text, ibis.null("string")).try_cast("date")
    if date_format in NUMBER_PATTERNS:
        return _parse_day_number(text, date_format)
    text = text.re_replace(_BEFORE_DATE, "")
    lower, (pattern, order) = text.lower(), _ORDERS[date_format]
    with_month_name = ibis.cases(
        *((lower.re_search(words), lower.re_replace(words, parts)) for words, parts in _WITH_MONTH_NAME), else_=""
    )
    iso_text = ibis.cases(
        (text.re_search(_COMPACT), text.re_replace(_COMPACT, r"\1-\2-\3")),
        (text.re_search(_YEAR_LEADS), text.re_replace(_YEAR_LEADS, r"\1-\2-\3")),
        (text.re_search(pattern), _expand_short_year(text.re_replace(pattern, order))),
        (text.re_search(_EAST_ASIAN), text.re_replace(_EAST_ASIAN, r"\1-\2-\3")),
        else_=_replace_month_name(_expand_short_year(with_month_name)),
    )
    return ibis.cases(
        (text.re_search(NUMBER_PATTERNS[SERIAL]), _parse_day_number(text, SERIAL)),
        (lower.re_search(_WEEK_DATE), _parse_week_date(lower)),
        else_=iso_text.try_cast("date"),
    )


def has_short_year(text: ir.StringValue) -> ir.BooleanValue:
    """Whether text is a numeric date with a two-digit year: 24/01/31."""
    return text.strip().re_search(_SHORT)


def parse_amount(text: ir.StringValue, amount_format: str) -> ir.DecimalValue:
    """Parse text to an amount in one format; null if it does not match."""
    text = text.strip()
    if amount_format == PLAIN:
        return text.try_cast(MONEY)
    text = text.re_replace(_SPACE_ENTITY, " ").re_replace(_ENTITY, "\u00a4").strip()
    body = text.re_replace(_NO_CENTS, r"\2").strip()
    digits = body.re_extract(_AMOUNT, _DIGITS).strip()
    digits = digits.re_search(_BROKEN_GROUP).ifelse("", digits.re_replace(f"[{_GROUP_SPACE}]", ""))
    fits = digits.re_search(_SHAPE[amount_format]) & digits.re_search("[0-9]")
    group, decimal = (",", ".") if amount_format == "point" else (".", ",")
    plain = digits.replace(group, "").replace(decimal, ".")
    size = fits.ifelse(plain, "").try_cast(MONEY)
    amount = body.re_search(_BELOW_ZERO).ifelse(-size, size)
    with_exponent = text.replace(decimal, ".")  # 1,5E+03, as spreadsheets write large numbers
    is_exponent = text.re_search(f"^[-+]?[0-9]+([{decimal}][0-9]*)?[eE][-+]?[0-9]+$")
    return is_exponent.ifelse(with_exponent, "").try_cast(MONEY).fill_null(amount)


def strip_percent_sign(text: ir.StringValue) -> ir.StringValue:
    """'20 %' as '20'; other text as it is."""
    return text.re_replace("[ \u00a0]*%[ \u00a0]*$", "")


def _parse_day_number(text: ir.StringValue, date_format: str) -> ir.DateValue:
    """The date of a number of days, seconds or milliseconds since day zero."""
    start, units = _DAYS[date_format]
    number = text.re_search(NUMBER_PATTERNS[date_format]).ifelse(text.re_replace("[.,].*$", ""), "").try_cast("int64")
    return _add_days(ibis.date(start), number // units)


def _parse_week_date(text: ir.StringValue) -> ir.DateValue:
    """The date of an ISO week date in lower case: 2024-w01-3 is January 3, 2024."""
    fourth = (text.substr(0, 4) + "-01-04").try_cast("date")  # always in week 1
    week = text.re_replace(_WEEK_DATE, r"\2").try_cast("int64")
    weekday = text.re_replace(_WEEK_DATE, r"\3").try_cast("int64")
    days = (week - 1) * 7 + weekday - 1 - fourth.day_of_week.index().cast("int64")
    return _add_days(fourth, week.between(1, 53).ifelse(days, ibis.null("int64")))


def _add_days(day: ir.DateValue, days: ir.IntegerValue) -> ir.DateValue:
    return (day + days.as_interval("D")).cast("timestamp").cast("date")  # DuckDB adds to a date as to a timestamp


def _expand_short_year(text: ir.StringValue) -> ir.StringValue:
    """24-1-31 to 2024-1-31; two-digit years from 70 on belong to the 20th century."""
    return text.re_replace("^([0-6][0-9])-", r"20\1-").re_replace("^([7-9][0-9])-", r"19\1-")


def _replace_month_name(text: ir.StringValue) -> ir.StringValue:
    """2024-januar-31 to 2024-01-31.

    A chain of replacements, which uses each result once: DuckDB evaluates a result that is used twice for every row.
    """
    text = text.replace("juin", "jun").re_replace("-([^0-9-]{3})[^0-9-]*-", r"-\1-")
    for number, names in enumerate(_MONTHS, start=1):
        for name in names.split():
            text = text.replace(f"-{name}-", f"-{number:02}-")
    return text
