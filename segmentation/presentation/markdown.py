"""Text from data as Markdown that shows it as it is: Streamlit reads labels, messages and table cells as Markdown."""

from __future__ import annotations

import re

from segmentation.presentation.messages import render_message

_NOT_SHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+| +")
"""Line breaks and tabs, with which blocks begin; browsers show them, and runs of spaces, as one space."""
_MARKDOWN = re.compile(
    r"""
    (?P<split> @                               # an e-mail address
      | (?<=www)\.                             # an address without a scheme
      | : (?= // | material[_/] | streamlit: ) # an address with one; an icon; the logo
      | [-<>~] (?= [->=] )                     # --, ->, >= and the like become typographic signs
    )
    | ^ (?P<number> [0-9]{1,9} ) (?P<after> [.)] )  # an item of a numbered list
    | (?P<escape> ^ [-+=]                      # an item of a list; a rule; the underline of a heading
      | [\\`*{}\[\]\#|<>$~&]
      | : (?! \s )                             # directives, emoji
      | (?<! [^\W_] ) _ | _ (?! [^\W_] )       # within a word it is no sign
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)


def escape_markdown(text: str) -> str:
    """Text from data, on one line, escaped so that Markdown shows it literally; most texts stay the same.

    A message is rendered in the reader's number format first.

    A backslash is not enough where Streamlit looks at text once more after it was read: for e-mail addresses, links,
    icons and arrows. There, one character is put into a separate element that looks like the surrounding text.

    >>> escape_markdown("5*3 [a](b) $x$"), escape_markdown("- item"), escape_markdown("At-Risk Customers: 3.5 (2 of 9)")
    ('5\\\\*3 \\\\[a\\\\](b) \\\\$x\\\\$', '\\\\- item', 'At-Risk Customers: 3.5 (2 of 9)')
    >>> escape_markdown("a@b.com")
    'a:color[\\\\@]b.com'
    """
    text = _NOT_SHOWN.sub(" ", render_message(text)).strip().replace("\ufeff", "")
    return _MARKDOWN.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    if match["split"]:
        return f":color[\\{match['split']}]"
    if match["number"]:
        return f"{match['number']}\\{match['after']}"
    return f"\\{match['escape']}"


def format_category(name: str) -> str:
    """A category's name as Markdown; one in capitals throughout, as tills print them, in ordinary letters.

    >>> format_category("SALTY SNACKS"), format_category("Wohnen & K\u00fcche")
    ('Salty snacks', 'Wohnen \\\\& K\u00fcche')
    """
    return escape_markdown(name.capitalize() if name.isupper() else name)
