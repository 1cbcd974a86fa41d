"""Streamlit code that screens share; never a page itself."""
