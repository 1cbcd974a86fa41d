"""Snowflake: where its settings come from, how one signs in, statements and whole answers, errors as sentences.

And one thing about DuckDB that reading and writing share: waiting for a file that is open elsewhere.
"""
