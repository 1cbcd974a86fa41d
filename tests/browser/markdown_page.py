"""A page that shows texts from a file wherever pages show text from data, for tests of what a browser makes of it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pandas as pd
import streamlit as st

sys.path.insert(0, str(Path(__file__).parents[2]))
from ui.components.markdown import plain

texts: list[str] = json.loads(Path(os.environ["TEXTS"]).read_text("utf-8"))
st.title("Texts")
for number, text in enumerate(texts):
    with st.container(key=f"text_{number}"):
        st.markdown(plain(text))
        st.caption(f"**{plain(text)}** and {plain(text)}")
        st.error(plain(text), title=plain(text), icon=":material/error:")  # else a leading emoji becomes the icon
        st.metric(plain(text), "1")
        st.table(pd.DataFrame({plain(text): [plain(text)]}), hide_index=True)
        st.header(f"{number} {plain(text)}", anchor=False)
        st.radio("Choose", [text], format_func=plain, key=f"radio_{number}")
