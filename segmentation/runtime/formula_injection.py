"""Which texts a spreadsheet may run as a formula when it opens a CSV file (OWASP: "CSV injection").

Spreadsheets, and the tools between them, fold look-alike characters to ASCII (Unicode NFKC) and drop what has no width,
so both the sign and whatever stands before it have many forms.
"""

from __future__ import annotations

import re

FORMULA_SIGNS = (
    "=+-@|%"
    # the same signs in full width, in small forms, raised and lowered
    "\uff1d\uff0b\uff0d\uff20\uff5c\uff05\ufe66\ufe62\ufe63\ufe64\ufe65\ufe6b\ufe6a\u207c\u207a\u207b\u208c\u208a\u208b"
    # other signs of equality, addition and subtraction
    "\u2260\u2a74\u2a75\u2a76\ua78a\U0001f7f0\u02d6\u2795\ufb29\u02d7\u2043\u2052\u2212\u2796\u2238\u2214"
    # every hyphen and dash of Unicode (category Pd)
    "\u058a\u05be\u1400\u1806\u2010\u2011\u2012\u2013\u2014\u2015\u2e17\u2e1a\u2e3a\u2e3b\u2e40\u2e5d\u301c\u3030\u30a0"
    "\ufe31\ufe32\ufe58\U00010ead"
)
"""Characters that begin a formula, or may become one that does."""

INVISIBLE = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\uffff"
    "\U000e0000-\U000e0fff"
)  # fillers, variation selectors and other characters that show nothing but count neither as spaces nor as format
FORMULA_START = rf"^[\s\x00-\x20\x7f-\xa0\p{{Z}}\p{{Cf}}{INVISIBLE}]*[{re.escape(FORMULA_SIGNS)}\t\r\n]"
"""Regular expression of RE2 (as Arrow uses it): a sign, also behind spaces, control and invisible characters."""
