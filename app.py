"""Entrance of the app: page config, navigation, the sidebar; every page runs below them."""

import streamlit as st


def show_page() -> None:
    """Show the page of the visitor's address; its libraries are loaded once the page stands."""
    st.set_page_config(page_title="Customer segments", page_icon="\N{BUSTS IN SILHOUETTE}", layout="wide")

    from ui.components import common, number_format_picker
    from ui.server import sessions, snowflake_hosting, warmup
    from ui.sidebar import saved_run_picker, sidebar

    page = st.navigation(
        [
            st.Page(
                "pages/data/overview.py",
                title="Overview",
                icon=":material/monitoring:",
                default=True,
                help="What was loaded, how sales run, and what to do first.",
            ),
            st.Page(
                "pages/data/upload.py",
                title="Your own file",
                icon=":material/upload_file:",
                help="Bring your own sales as CSV or Parquet; they stay in this visit.",
            ),
            st.Page(
                "pages/data/customers.py",
                title="Customers",
                icon=":material/person_search:",
                help="How customers differ, which figures go together, who is unusual, and one customer looked up.",
            ),
            st.Page(
                "pages/segments/choose_k.py",
                title="How many segments",
                url_path="choose_k",
                icon=":material/tune:",
                help="What we recommend and why, and how well each number of segments fits.",
            ),
            st.Page(
                "pages/segments/profiles.py",
                title="Segments",
                icon=":material/groups:",
                url_path="segments",
                help="Who is in each segment, what they are worth, and what to do with them.",
            ),
            st.Page(
                "pages/segments/one.py",
                title="One segment",
                icon=":material/group:",
                url_path="segment",
                help="Everything about one segment, and your own words for it.",
            ),
            st.Page(
                "pages/segments/compare.py",
                title="Side by side",
                icon=":material/compare_arrows:",
                help="Two or three segments next to each other, discounts by segment, and a map to turn around.",
            ),
            st.Page(
                "pages/segments/movement.py",
                title="Movement",
                icon=":material/moving:",
                help="Who moved from one segment to another since an earlier day.",
            ),
            st.Page(
                "pages/segments/tuning.py",
                title="Try settings",
                icon=":material/experiment:",
                url_path="try",
                help="Which figures, scaling and number of segments: tried against one another and ranked.",
            ),
            st.Page(
                "pages/campaigns/export.py",
                title="Export",
                icon=":material/download:",
                help="Download a list of customers by segment, or save the result.",
            ),
            st.Page(
                "pages/campaigns/publish.py",
                title="Publish",
                icon=":material/cloud_upload:",
                help="Write the result into a warehouse for others, and see what is published there and when.",
            ),
            st.Page(
                "pages/models/runs.py",
                title="Saved runs",
                icon=":material/inventory_2:",
                url_path="runs",
                help="Results that were saved: open one, name it, and see what changed from one to the next.",
            ),
            st.Page(
                "pages/help/glossary.py",
                title="Glossary",
                icon=":material/menu_book:",
                url_path="glossary",
                help="What every word on these pages means.",
            ),
        ],
        expanded=True,  # else the last ones are hidden behind 'View more'
    )
    # A sign-in gate belongs here: what stands below runs for every page and loads data.
    with common.error_boundary():
        snowflake_hosting.configure_hosting()
    sessions.start_watching()
    warmup.warm_up()
    st.title(page.title, anchor=False)
    if page.url_path == "upload":  # works also where the sales that are offered cannot be read
        number_format_picker.apply_number_format()
        common.reserve_progress()
        with common.error_boundary():
            page.run()
        with st.sidebar, common.error_boundary(aside=True):
            common.reserve_progress()
            sidebar.render_sidebar()
    else:
        common.reserve_progress()
        with common.error_boundary():
            if saved_run_picker.render_missing_sales_banner(sidebar.render_sidebar(), page.url_path):
                page.run()
    warmup.mark_page_ready()


if __name__ == "__main__":  # a visit
    show_page()
else:  # `streamlit run` imports this file once, and serves what it finds here
    from starlette.middleware import Middleware

    from ui.server import host_check, lifecycle

    app = st.App(
        __file__,
        lifespan=lifecycle.lifespan,
        middleware=[Middleware(host_check.HostCheck)],
        on_script_error=lifecycle.report_error,
    )
