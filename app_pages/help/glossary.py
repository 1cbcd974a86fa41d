"""Glossary: definitions of the terms used on the pages."""

import streamlit as st

from ui.views import glossary

query = st.text_input(
    "Search terms", key="word", bind="query-params", max_chars=40, placeholder="silhouette", width=320
)
sections = glossary.search_terms(query or "")
if not sections:
    st.info("No matching terms.", icon=":material/info:")
for title, terms in sections.items():
    st.header(title, anchor=False)
    if title == "Segment names":
        st.caption(
            "Names follow from a segment's features compared with all customers: high is about the top "
            "40\N{NO-BREAK SPACE}%, low the bottom 40\N{NO-BREAK SPACE}%. The Segments page gives the "
            "reason for each name."
        )
    st.markdown("\n\n".join(f"**{term}**: {meaning}" for term, meaning in terms.items()))
