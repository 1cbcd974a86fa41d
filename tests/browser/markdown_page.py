"""A page that shows texts from a file wherever pages show text from data, for tests of Markdown escaping."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pandas as pd
import streamlit as st

sys.path.insert(0, str(Path(__file__).parents[2]))
from segmentation.presentation.markdown import escape_markdown

texts: list[str] = json.loads(Path(os.environ["TEXTS"]).read_text("utf-8"))
st.title("Texts")
for number, text in enumerate(texts):
    with st.container(key=f"text_{number}"):
        st.markdown(escape_markdown(text))
        st.caption(f"**{escape_markdown(text)}** and {escape_markdown(text)}")
        st.error(
            escape_markdown(text), title=escape_markdown(text), icon=":material/error:"
        )  # else a leading emoji becomes the icon
        st.metric(escape_markdown(text), "1")
        st.table(pd.DataFrame({escape_markdown(text): [escape_markdown(text)]}), hide_index=True)
        st.header(f"{number} {escape_markdown(text)}", anchor=False)
        st.radio("Choose", [text], format_func=escape_markdown, key=f"radio_{number}")
