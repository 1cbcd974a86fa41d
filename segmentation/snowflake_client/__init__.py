"""The connection to Snowflake: credentials, authentication, sessions, temporary tables and errors."""
