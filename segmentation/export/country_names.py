"""Countries as contact tables write them: two-letter and three-letter codes, English names and those of the country."""

from __future__ import annotations

import re
import unicodedata

_NAMES = """
AE ARE United Arab Emirates; AR ARG Argentina; AT AUT Austria, Österreich; AU AUS Australia
BE BEL Belgium, België, Belgique, Belgien; BG BGR Bulgaria, България; BR BRA Brazil, Brasil
CA CAN Canada, Kanada; CH CHE Switzerland, Schweiz, Suisse, Svizzera; CL CHL Chile; CN CHN China, 中国; CO COL Colombia
CY CYP Cyprus; CZ CZE Czech Republic, Czechia, Česko, Česká republika, Tschechien
DE DEU Germany, Deutschland, Allemagne; DK DNK Denmark, Danmark, Dänemark
EE EST Estonia, Eesti; ES ESP Spain, España, Spanien, Espagne; FI FIN Finland, Suomi
FR FRA France, Frankreich; GB GBR United Kingdom, UK, Great Britain, Britain, England, Scotland, Wales, Northern Ireland
GR GRC Greece, Ελλάδα, Griechenland; HK HKG Hong Kong; HR HRV Croatia, Hrvatska; HU HUN Hungary, Magyarország, Ungarn
ID IDN Indonesia; IE IRL Ireland, Irland; IL ISR Israel; IN IND India; IS ISL Iceland, Ísland
IT ITA Italy, Italia, Italien, Italie; JP JPN Japan, 日本; KR KOR South Korea, Korea, 대한민국; LT LTU Lithuania
LU LUX Luxembourg, Luxemburg; LV LVA Latvia, Latvija; MT MLT Malta; MX MEX Mexico, México; MY MYS Malaysia
NL NLD Netherlands, The Netherlands, Nederland, Holland, Niederlande, Pays-Bas; NO NOR Norway, Norge, Norwegen
NZ NZL New Zealand; PE PER Peru, Perú; PH PHL Philippines; PL POL Poland, Polska, Polen; PT PRT Portugal
RO ROU Romania, România; SA SAU Saudi Arabia; SE SWE Sweden, Sverige, Schweden; SG SGP Singapore
SI SVN Slovenia, Slovenija; SK SVK Slovakia, Slovensko; TH THA Thailand; TR TUR Turkey, Türkiye; TW TWN Taiwan
UA UKR Ukraine, Україна; VN VNM Vietnam; ZA ZAF South Africa
US USA United States, United States of America, America, Vereinigte Staaten, États-Unis, Estados Unidos
"""
_CODE = re.compile(r"[A-Za-z]{2}")


def normalize_country(text: str) -> str:
    """A country as two letters in capitals; "" if it is neither such a code nor a known name.

    >>> [normalize_country(text) for text in (" de ", "Germany", "ESPAÑA", "U.S.A.", "uk", "Atlantis")]
    ['DE', 'DE', 'ES', 'US', 'GB', '']
    """
    text = text.strip()
    return _CODES.get(_simplify(text), text.upper() if _CODE.fullmatch(text) else "")


def _simplify(text: str) -> str:
    """Letters only, in lower case, without accents."""
    letters = (char for char in unicodedata.normalize("NFKD", text.casefold()) if char.isalpha())
    return "".join(letters)


def _parse_names() -> dict[str, str]:
    codes: dict[str, str] = {}
    for entry in re.split(r"[;\n]", _NAMES.strip()):
        code, three, names = entry.split(maxsplit=2)
        codes |= {_simplify(name): code for name in (three, *names.split(","))}
    return codes


_CODES = _parse_names()
