"""Joins contact columns of the user's own to a list for download: e-mail, phone, name, country, consent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from segmentation.presentation.markdown import escape_markdown
from ui.data import contact_tables
from ui.state import widget_values
from ui.state.app_state import are_paths_allowed

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from segmentation.export.contacts import ContactOptions

UPLOADED, OTHER_TABLE = "Uploaded file", "Other file or table"


def render_contact_join(
    build_rows: Callable[[], pd.DataFrame], name_file: Callable[[str], str], *, key: str, label: str
) -> None:
    """Choose a contact table, a format and a consent column, and download the list with addresses.

    Args:
        build_rows: the list: one row per customer, with customer_id.
        name_file: the file name for a contact format; "" if none is chosen.
        key: prefix of the widget keys.
        label: of the download button.
    """
    from segmentation.export.contacts import describe_contacts, render_contacts

    with st.expander("Add e-mail addresses and phone numbers", key=f"{key}_contacts_box"):
        contacts = _select_contacts(key)
        if contacts is None:
            return
        options = _select_options(key, contacts)
        data, joined = render_contacts(build_rows(), contacts, options)
        for sentence in describe_contacts(joined):
            st.markdown(escape_markdown(sentence))
        if len(joined.invalid):
            st.dataframe(joined.invalid, hide_index=True, alt="Invalid addresses", height=200)
        st.download_button(
            label,
            data=data,
            file_name=name_file(options.contact_format or ""),
            mime="text/csv",
            on_click="ignore",
            icon=":material/download:",
            key="download_contacts",
        )


def _select_options(key: str, contacts: pd.DataFrame) -> ContactOptions:
    """How the contact columns are joined; key: prefix of the widget keys."""
    from segmentation.export.contact_formats import CONTACT_FORMATS
    from segmentation.export.contacts import ContactOptions
    from segmentation.export.country_names import normalize_country

    with st.container(horizontal=True):
        labels = {"": "Original columns", **{name: form.label for name, form in CONTACT_FORMATS.items()}}
        contact_format = st.selectbox(
            "Format",
            list(labels),
            format_func=labels.__getitem__,
            key=f"{key}_contact_format",
            persist_state="session",
            width=240,
            help="Upload the files for Klaviyo, Google and Meta unchanged; do not open them in a spreadsheet.",
        )
        columns = ["", *contacts.columns]
        widget_values.drop_unavailable_value(f"{key}_consent", columns, "")  # of another table
        consent = st.selectbox(
            "Consent column",
            columns,
            format_func=lambda name: name or "None: everyone",
            key=f"{key}_consent",
            persist_state="session",
            width=240,
            help="Keeps only customers with yes, true, 1 or a similar value in all their rows.",
        )
        country = st.text_input(
            "Country of phone numbers",
            placeholder="US",
            key=f"{key}_country",
            persist_state="session",
            width=200,
            help="Used for numbers without a country code if the table has no country.",
        )
    return ContactOptions(contact_format or None, None, consent or None, normalize_country(country))


def _select_contacts(key: str) -> pd.DataFrame | None:
    """The contact table; None until one is chosen."""
    configured = contact_tables.get_configured_tables()
    names = [*configured, UPLOADED, *([OTHER_TABLE] if are_paths_allowed() else [])]
    selected = names[0]
    if len(names) > 1:
        selected = st.selectbox("Contact table", names, key=f"{key}_contact_table", persist_state="session", width=360)
    if selected in configured:
        return contact_tables.read_contacts(configured[selected])
    if selected == OTHER_TABLE:
        address = st.text_input(
            "Path or address of the contact table",
            key=f"{key}_contact_address",
            persist_state="session",
            placeholder="duckdb:///path/shop.duckdb?table=contacts",
            help="A file on this computer, duckdb:///PATH?table=NAME or snowflake:DATABASE.SCHEMA.TABLE.",
        ).strip()
        return contact_tables.read_contacts(address) if address else None
    file = st.file_uploader(
        "Contact file",
        type=["csv", "txt", "xlsx", "parquet"],
        key=f"{key}_contacts",
        help="One row per customer: customer ID, e-mail, phone, name, country, consent. It is not stored.",
    )
    return None if file is None else contact_tables.parse_upload(file.getvalue(), file.name)
