"""Output files of a run: customer lists, workbooks, the HTML report, and the model as SQL."""
