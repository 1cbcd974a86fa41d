"""The contact table of `export` and `campaign`, from their options."""

from __future__ import annotations

from argparse import Namespace

import pandas as pd

from segmentation.errors import SettingsError
from segmentation.export.contact_formats import CONTACT_FORMATS
from segmentation.export.contact_table import read_contact_table
from segmentation.export.contacts import ContactOptions
from segmentation.export.country_names import normalize_country


def read_contacts(arguments: Namespace) -> tuple[pd.DataFrame | None, ContactOptions]:
    """The contact table, None without one, and how it is joined.

    Raises:
        SettingsError: an option is invalid, or needs a contact table.
        SourceError: the table cannot be read.
    """
    options = ContactOptions(
        arguments.contact_format, arguments.contact_id, arguments.consent, normalize_country(arguments.country)
    )
    if arguments.country and not options.country:
        raise SettingsError(f"{arguments.country!r} is not a country.", hint="Write two letters, such as US.")
    if arguments.contacts is None:
        if any((options.contact_format, options.id_column, options.consent_column)):
            raise SettingsError("There is no contact table.", hint="Specify it with --contacts.")
        return None, options
    if options.contact_format is not None and options.contact_format not in CONTACT_FORMATS:
        raise SettingsError(
            f"Unknown format {options.contact_format!r}.", hint=f"Choose one of: {', '.join(CONTACT_FORMATS)}."
        )
    return read_contact_table(arguments.contacts), options
