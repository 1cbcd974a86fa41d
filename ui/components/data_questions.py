"""Questions about what the lines of a table mean, which only the owner of the data can answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from segmentation.errors import AmbiguousFormatError
from segmentation.presentation.markdown import escape_markdown
from ui.components import format_questions
from ui.state import url_binding, widget_values
from ui.state.button_actions import render_action_button

if TYPE_CHECKING:
    from segmentation.errors import DataQuestionError
    from segmentation.settings import SalesSettings

_ANSWERS = "answers"
"""Key of the answers in the session and in the URL, as options of the command line."""
_LABELS = {
    "statuses": {"count": "Count", "exclude": "Exclude", "refund": "Refund", "return": "Return"},
    "customer_values": {"count": "One customer", "exclude": "Exclude"},
    "amount_grain": {"order": "The whole order", "line": "The line"},
    "discount_kind": {"amount": "Money", "rate": "Rate from 0 to 1", "percent": "Percent"},
}
"""Labels of answers; others are shown as they are."""


def ask_question(error: DataQuestionError) -> Mapping[str, Any] | None:
    """Ask a question about the data.

    Returns:
        the fields of SalesSettings that answer it; None until it is answered.
    """
    key = f"map_answer_{error.setting}"  # some settings have the names of columns, whose pickers are map_NAME
    if isinstance(error, AmbiguousFormatError):
        text_format = format_questions.ask_format(error, key=key)
        return None if text_format is None else {error.setting: text_format}
    if error.setting in ("statuses", "customer_values"):
        return _ask_about_values(error, key)
    options = list(error.options) or [one.value for one in error.values]
    answer = st.radio(
        escape_markdown(error.message),
        options,
        index=None,
        format_func=lambda option: _get_label(error.setting, option),
        captions=[escape_markdown(text) for text in error.options.values()] if error.options else None,
        key=key,
        persist_state="session",
    )
    if answer not in options:
        return None
    field, _, role = error.setting.partition(".")
    return {field: ((role, answer),)} if role else {field: answer}


def ask_and_stop(error: DataQuestionError) -> None:
    """The question in place of a page that needs the answer."""
    with st.container(border=True):
        answer = ask_question(error)
        render_action_button(
            "Apply", _store_answer, answer, key=f"apply_{error.setting}", type="primary", disabled=answer is None
        )
        st.caption("You can change it later in the sidebar.")


def apply_answers(sales: SalesSettings) -> SalesSettings:
    """In the sidebar: the sales with the answers given, which the URL keeps, and a button to give others."""
    from segmentation.presentation import findings
    from segmentation.sales.findings import merge_settings

    texts = ("", st.query_params.get(_ANSWERS, ""), widget_values.get_widget_value(_ANSWERS, ""))
    url_binding.read_url_choice(_ANSWERS, _ANSWERS, {text: text for text in texts})
    answers = widget_values.get_widget_value(_ANSWERS, "")
    url_binding.write_url_choice(_ANSWERS, _ANSWERS, answers, "")
    if not answers:
        return sales
    st.button("Change answers about the data", key="change_answers", on_click=_discard_answers)
    return merge_settings(sales, findings.parse_answer_options(answers))


def clear_answers() -> None:
    """Discard all answers when another source is selected."""
    format_questions.clear_answers()
    _discard_answers()


def _store_answer(answer: Mapping[str, Any]) -> None:
    from segmentation.presentation import findings

    answers = findings.parse_answer_options(widget_values.get_widget_value(_ANSWERS, ""))
    for setting, value in answer.items():  # pairs are added: order and payment statuses are asked one after the other
        answers[setting] = (*answers.get(setting, ()), *value) if isinstance(value, tuple) else value
    widget_values.set_widget_values({_ANSWERS: findings.format_fix_options(answers)})


def _discard_answers() -> None:
    widget_values.set_widget_values({_ANSWERS: ""})


def _ask_about_values(error: DataQuestionError, key: str) -> Mapping[str, Any] | None:
    """One answer per value; None until all are answered."""
    from segmentation.sales.value_counts import describe_total

    single = len(error.values) == 1
    if not single:
        st.markdown(f"**{escape_markdown(error.message)}** What does each one mean?")
    answers: list[tuple[str, str]] = []
    for value in error.values:
        described = escape_markdown(f"{value.value or '(blank)'}: {describe_total(value)}")
        answer = st.radio(
            f"**{escape_markdown(error.message)}** What does it mean?" if single else described,
            list(error.options),
            index=None,
            format_func=lambda option: _get_label(error.setting, option),
            key=f"{key}_{value.value}",
            persist_state="session",
            horizontal=True,
            help="  \n".join(
                f"**{_get_label(error.setting, option)}**: {text}" for option, text in error.options.items()
            ),
        )
        if answer in error.options:
            answers.append((value.value, str(answer)))
    return {error.setting: tuple(answers)} if len(answers) == len(error.values) else None


def _get_label(setting: str, option: str) -> str:
    return _LABELS.get(setting, {}).get(option, option)
