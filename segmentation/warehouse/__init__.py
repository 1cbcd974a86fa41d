"""Snowflake: where its settings come from, how one signs in, statements and whole answers, errors as sentences."""
