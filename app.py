"""Entry point of the app: page config, navigation and sidebar, around every page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage


def redirect_to_history() -> None:
    """The former address of Segment history; its settings go along."""
    settings = {name: value for name, value in st.query_params.items() if name != "since"}
    st.switch_page("app_pages/segments/history.py", query_params=settings)


def build_pages() -> dict[str, list[StreamlitPage]]:
    """The pages of each section of the navigation."""
    return {
        "": [
            st.Page(
                "app_pages/data/overview.py",
                title="Overview",
                icon=":material/monitoring:",
                default=True,
                help="Data loaded, sales trend, and recommended next steps.",
            )
        ],
        "Segments": [
            st.Page(
                "app_pages/segments/profiles.py",
                title="Segments",
                icon=":material/groups:",
                url_path="segments",
                help="Who is in each segment, what they are worth, and recommended actions.",
            ),
            st.Page(
                "app_pages/segments/details.py",
                title="Segment details",
                icon=":material/group:",
                url_path="segment",
                help="Everything about one segment; edit its name and text.",
            ),
            st.Page(
                "app_pages/segments/choose_k.py",
                title="Number of segments",
                url_path="choose_k",
                icon=":material/tune:",
                help="The recommended number of segments and why, with scores for every alternative.",
            ),
            st.Page(
                "app_pages/segments/history.py",
                title="Segment history",
                url_path="history",
                icon=":material/moving:",
                help="Segments at every month-end, what changed and why, and lists of the customers who moved.",
            ),
            st.Page(redirect_to_history, title="Segment history", url_path="movement", visibility="hidden"),
            st.Page(
                "app_pages/segments/forecast.py",
                title="Forecast",
                icon=":material/online_prediction:",
                url_path="forecast",
                help="Sales at risk, expected sales by segment, and customers to save.",
            ),
            st.Page(
                "app_pages/segments/compare.py",
                title="Compare segments",
                icon=":material/compare_arrows:",
                help="Two or three segments side by side, discounts by segment, and a 3D map.",
            ),
        ],
        "Lists": [
            st.Page(
                "app_pages/campaigns/export.py",
                title="Export",
                icon=":material/download:",
                help="Download a customer list by segment, or save the result.",
            ),
            st.Page(
                "app_pages/campaigns/campaigns.py",
                title="Campaigns",
                icon=":material/campaign:",
                url_path="campaigns",
                help="Hold back customers from a campaign, and read what it brought in.",
            ),
            st.Page(
                "app_pages/campaigns/publish.py",
                title="Publish",
                icon=":material/cloud_upload:",
                help="Publish segments to your data warehouse, and see what is published.",
            ),
        ],
        "Data": [
            st.Page(
                "app_pages/data/upload.py",
                title="Upload data",
                icon=":material/upload_file:",
                help="Upload your sales as a workbook, CSV or Parquet. Deleted when your session ends.",
            ),
            st.Page(
                "app_pages/data/customers.py",
                title="Customers",
                icon=":material/person_search:",
                help="Distributions, correlations, outliers, and customer lookup.",
            ),
        ],
        "Advanced": [
            st.Page(
                "app_pages/segments/tuning.py",
                title="Compare settings",
                icon=":material/experiment:",
                url_path="try",
                help="Feature sets, scalings and numbers of segments, ranked.",
            ),
            st.Page(
                "app_pages/models/runs.py",
                title="Saved runs",
                icon=":material/inventory_2:",
                url_path="runs",
                help="Open, rename and compare saved results.",
            ),
            st.Page(
                "app_pages/help/glossary.py",
                title="Glossary",
                icon=":material/menu_book:",
                url_path="glossary",
                help="Definitions of the terms on these pages.",
            ),
        ],
    }


def show_page() -> None:
    """Show the page in the URL. Its libraries are imported after the page config, so that the frame appears first."""
    st.set_page_config(page_title="Customer segments", page_icon="\N{BUSTS IN SILHOUETTE}", layout="wide")

    from ui.components import errors, number_format_picker, page_style
    from ui.data import progress
    from ui.server import script_runs, sessions, snowflake_hosting, visits, warmup
    from ui.sidebar import saved_run_picker, sidebar
    from ui.state import button_actions, widget_values

    page = st.navigation(
        build_pages(),
        expanded=True,  # else the last pages are hidden behind "View more"
    )
    if page.url_path == "movement":  # before widgets claim the parameters of the address
        page.run()
    # A sign-in gate belongs here: the code below runs for every page and loads data.
    with errors.error_boundary():
        snowflake_hosting.configure_hosting()
    script_runs.skip_outdated_runs()
    sessions.start_watching()
    visits.describe_visit(page.url_path or "overview")
    warmup.warm_up()
    page_style.apply_style_rules()
    widget_values.restore_pending_values()
    button_actions.run_action()
    st.title(page.title, anchor=False)
    if page.url_path == "upload":  # must work even if the configured sales cannot be read
        number_format_picker.apply_number_format()
        progress.reserve_progress()
        with errors.error_boundary():
            page.run()
        with st.sidebar:
            with errors.error_boundary(compact=True):
                progress.reserve_progress()
                sidebar.render_sidebar()
            widget_values.render_acknowledgment()
    else:
        progress.reserve_progress()
        with errors.error_boundary():
            state = sidebar.render_sidebar()
            with st.sidebar:
                widget_values.render_acknowledgment()
            if saved_run_picker.render_missing_sales_banner(state, page.url_path):
                page.run()
    warmup.mark_page_ready()
    button_actions.rerun_for_action()


if __name__ == "__main__":  # run for a session
    show_page()
else:  # `streamlit run` imports this file once, and serves this app
    from starlette.middleware import Middleware

    from ui.server import host_check, lifecycle

    app = st.App(
        __file__,
        lifespan=lifecycle.lifespan,
        middleware=[Middleware(host_check.HostCheck)],
        on_script_error=lifecycle.report_error,
    )
