"""Publishes runs, forecasts, segment history and campaigns to DuckDB and Snowflake, and reads runs back."""
