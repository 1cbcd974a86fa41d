"""Customer ids: spaces, Unicode, spellings of one number, e-mail addresses, and words that are not customers."""

from __future__ import annotations

from collections.abc import Collection

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from segmentation.sales.line_semantics import LineSemantics

NULL_WORDS = (
    "na",
    "n/a",
    "#n/a",
    "null",
    "(null)",
    "none",
    "nan",
    "\\n",
    "-",
    "--",
    "nil",
    "(blank)",
    "<na>",
    "nat",
    "n.a.",
    "k.a.",
    "n/v",
    ".",
    "---",
    "<null>",
    "[null]",
    "#null!",
    "undefined",
    "(not set)",
    "not set",
)
"""Texts that stand for an empty cell, in lower case."""
DOUBTFUL_NUMBERS = ("0", "-1", "00", "000", "0000", "00000", "000000")
DOUBTFUL_IDS = (
    *DOUBTFUL_NUMBERS,
    "guest",
    "guests",
    "guest checkout",
    "guest customer",
    "guest user",
    "unknown",
    "unknown customer",
    "anonymous",
    "anonymous customer",
    "not available",
    "no customer",
    "walk-in",
    "walk in",
    "walkin",
    "walk-in customer",
    "walk in customer",
    "cash",
    "cash customer",
    "cash sale",
    "default customer",
    "gast",
    "unbekannt",
    "laufkunde",
    "laufkundschaft",
    "barverkauf",
    "barkunde",
    "kassakunde",
    "kassenkunde",
    "diverse",
    "diverse kunden",
    "no name",
    "noname",
    "test",
    "test customer",
    "testkunde",
    "dummy",
    "deleted user",
    "client de passage",
    "client comptoir",
    "comptoir",
    "consumidor final",
    "cliente generico",
    "cliente gen\u00e9rico",
    "cliente mostrador",
    "cliente occasionale",
    "kontantkund",
    "invite",
    "inconnu",
    "onbekend",
    "invitado",
    "desconocido",
    "ospite",
    "sconosciuto",
    "convidado",
    "desconhecido",
    "nieznany",
    "okand",
)
"""Ids that may stand for many people, in lower case."""
_MAX_ID_LENGTH = max(map(len, DOUBTFUL_IDS))
_MAX_NULL_WORD_LENGTH = max(map(len, NULL_WORDS))
_INVISIBLE = ("\u00a0", "\u200b", "\ufeff")
_BLANKS = (" ", "\t", "\n", "\r", *_INVISIBLE)


def needs_cleaning(text: ir.StringValue) -> ir.BooleanValue:
    """Whether `clean_ids` changes an id, or may do so."""
    is_word = (text.length() <= _MAX_NULL_WORD_LENGTH) & text.lower().isin(NULL_WORDS)
    has_blanks = (text < "!") | text.right(1).isin(_BLANKS) | text.left(1).isin(_INVISIBLE)
    return has_blanks | text.endswith(".0") | is_word


def clean_ids(lines: ibis.Table, names: Collection[str]) -> ibis.Table:
    """Clean id columns: strip spaces, write 12000.0 as 12000, and null texts that stand for an empty cell.

    Spreadsheets and pandas write whole numbers with .0 in columns with gaps. Each step is a separate subquery: an
    expression that repeats its parts takes an engine seconds to plan.
    """
    blanks = f"[{''.join(_BLANKS)}]+"
    lines = lines.mutate(**{name: lines[name].re_replace(f"^{blanks}|{blanks}$", "") for name in names})
    lines = lines.mutate(**{name: lines[name].re_replace("^([0-9]+)[.]0$", r"\1") for name in names})
    words = {name: (lines[name] == "") | lines[name].lower().isin(NULL_WORDS) for name in names}
    return lines.mutate(**{name: word.ifelse(ibis.null("string"), lines[name]) for name, word in words.items()})


def is_doubtful(customer_id: ir.Value) -> ir.BooleanValue:
    """Whether an id may stand for many people."""
    kind: dt.DataType = customer_id.type()
    if kind.is_integer():
        return customer_id.isin([0, -1])
    return (customer_id.length() <= _MAX_ID_LENGTH) & customer_id.lower().isin(DOUBTFUL_IDS)


@ibis.udf.scalar.builtin(name="nfc_normalize")  # type: ignore[untyped-decorator]
def normalize_unicode(text: str) -> str:  # type: ignore[empty-body]
    """Text in Unicode NFC; DuckDB only."""


def unify_spellings(lines: ibis.Table, semantics: LineSemantics) -> ir.Value:
    """The customer of each line, spelled as on the customer's earliest line."""
    written = lines.customer_id
    if semantics.normalizes_unicode:
        written = normalize_unicode(written)
    if not semantics.ignores_email_case:
        return written
    return written.first().over(group_by=fold_email_case(written), order_by=[lines.day, written])


def select_merged_spellings(lines: ibis.Table, column: int, max_rows: int) -> ibis.Table:
    """Customers whose id has several spellings, at most `max_rows` rows, in a deterministic order.

    Args:
        lines: from `derive_lines`, parsed with `keep_source_columns`.
        column: position of the customer column in the source.
        max_rows: limit.

    Returns:
        one row per customer and spelling: customer_id (as in customer lists), spelling (as in the source), lines.
    """
    used = lines.filter(lines.reason == "")
    counted = used.group_by("customer_id", spelling=used[f"source_{column}"]).aggregate(lines=used.count())
    spellings = counted.mutate(spellings=counted.count().over(group_by=counted.customer_id))
    merged = spellings.filter(spellings.spellings > 1).select("customer_id", "spelling", "lines")
    return merged.order_by(["customer_id", merged.lines.desc(), "spelling"]).limit(max_rows)


def is_rounded(text: ir.StringValue) -> ir.BooleanValue:
    """Whether an id is a number in scientific notation, 4.5E+12, as spreadsheets write long ones."""
    return text.upper().contains("E+") & text.re_search("^[0-9]([.,][0-9]+)?[eE][+][0-9]{1,3}$")


def fold_email_case(customer_id: ir.StringValue) -> ir.StringValue:
    """An e-mail address in lower case; other ids as they are."""
    return customer_id.contains("@").ifelse(customer_id.lower(), customer_id)
