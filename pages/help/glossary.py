"""Glossary: every word of the pages that is not everyday language."""

import streamlit as st

from ui.views import glossary

wanted = st.text_input(
    "Find a word", key="word", bind="query-params", max_chars=40, placeholder="silhouette", width=320
)
sections = glossary.search_terms(wanted or "")
if not sections:
    st.info("No word here holds that. Try a shorter one.", icon=":material/info:")
for title, words in sections.items():
    st.header(title, anchor=False)
    if title == "Names of segments":
        st.caption(
            "Names follow from a segment's own figures, compared with all customers: high is about the upper 40 of "
            "100, low the lower 40. The Segments page says for each segment why it has its name."
        )
    st.markdown("\n\n".join(f"**{word}**: {meaning}" for word, meaning in words.items()))
