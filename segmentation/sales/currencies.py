"""Currencies of amounts: codes, and the signs that amounts are written with."""

from __future__ import annotations

import ibis.expr.types as ir

SIGNS = {
    "\u20ac": "EUR",
    "&EURO;": "EUR",
    "$": "USD",
    "US$": "USD",
    "$US": "USD",
    "\u00a3": "GBP",
    "&POUND;": "GBP",
    "\u00a5": "JPY",
    "\uffe5": "JPY",
    "JP\u00a5": "JPY",
    "&YEN;": "JPY",
    "CN\u00a5": "CNY",
    "RMB": "CNY",
    "Z\u0141": "PLN",
    "R$": "BRL",
    "C$": "CAD",
    "CA$": "CAD",
    "A$": "AUD",
    "AU$": "AUD",
    "NZ$": "NZD",
    "HK$": "HKD",
    "S$": "SGD",
    "MX$": "MXN",
    "\u20b9": "INR",
    "RS": "INR",
    "\u20a9": "KRW",
    "\u20bd": "RUB",
    "\u20ba": "TRY",
    "\u20b4": "UAH",
    "\u20aa": "ILS",
    "\u0e3f": "THB",
    "\u20ab": "VND",
    "K\u010c": "CZK",
    "FT": "HUF",
    "FR": "CHF",
    "EURO": "EUR",
    "EUROS": "EUR",
    "USDOLLAR": "USD",
    "USDOLLARS": "USD",
    "POUNDSTERLING": "GBP",
    "BRITISHPOUND": "GBP",
    "SFR": "CHF",
}
"""Sign, in capitals and without spaces -> code. KR is omitted: three countries have a krone."""
_NOT_A_SIGN = "[-0-9.,'()+\u2212\u2013\u2019 \t\u00a0\u202f\u2009]"

_SPACE_ENTITY = "&(NBSP|THINSP|#160|#8239);"
_NUMERIC_ENTITIES = {"&#163;": "\u00a3", "&#8364;": "\u20ac", "&#165;": "\u00a5"}
"""Replaced first, because their digits would be taken for the amount."""


def to_currency_code(text: ir.StringValue) -> ir.StringValue:
    """The currency of a code, or of an amount with a sign: EUR for 'eur', '12,50 \u20ac'; null without one."""
    text = text.upper().re_replace(_SPACE_ENTITY, "")
    for entity, char in _NUMERIC_ENTITIES.items():
        text = text.replace(entity, char)
    sign = text.re_replace(_NOT_A_SIGN, "")
    code = sign.cases(*SIGNS.items(), else_=sign)
    return code.nullif("")
