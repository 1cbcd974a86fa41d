"""The former address of Segment history: redirects there."""

import streamlit as st

st.switch_page("pages/segments/history.py")
