"""User-facing messages for Snowflake errors: one sentence and a hint each."""

from __future__ import annotations

import re

from segmentation.errors import SourceError, StatementTimeoutError

LOGIN_TIMED_OUT = 14
"""Error code of the connector."""
_STATEMENT_TIMEOUT = 630
_ENDED = {390110, 390111, 390112, 390113, 390114, 390115, 390104, 390195}
"""Error codes of an expired session or token: signing in again helps."""

_WAREHOUSE = "Set SNOWFLAKE_WAREHOUSE to one this role may use (GRANT USAGE)."
_SIGN_IN = "Run: python -m segmentation check --source snowflake:"
_BY_CODE: dict[int, tuple[str, str]] = {
    390100: ("Incorrect Snowflake username or password.", "Check SNOWFLAKE_USER and SNOWFLAKE_PASSWORD."),
    390101: ("Unknown Snowflake user.", "Check SNOWFLAKE_USER."),
    390102: ("Snowflake has locked this user for a while.", "Wait 15 minutes, or ask the administrator to unlock it."),
    390103: ("Snowflake rejected this session.", _SIGN_IN),
    390144: (
        "Snowflake does not accept this key.",
        "Check that the public key is set for this user (ALTER USER ... SET RSA_PUBLIC_KEY), and the account's name.",
    ),
    390186: ("The role is not granted to this user.", "Check SNOWFLAKE_ROLE, or ask for GRANT ROLE ... TO USER ...."),
    390189: ("There is no such role, or it is not granted to this user.", "Check SNOWFLAKE_ROLE."),
    390190: ("Single sign-on failed.", "Sign in to Snowflake in the browser once, then try again."),
    390201: ("There is no such database, warehouse or role.", "Check SNOWFLAKE_DATABASE, _WAREHOUSE and _ROLE."),
    390303: ("The OAuth token is not valid.", "Get another one and set SNOWFLAKE_TOKEN."),
    390318: ("The OAuth token has expired.", "Get another one and set SNOWFLAKE_TOKEN."),
    390400: ("The access token is not valid.", "Create another programmatic access token and set SNOWFLAKE_TOKEN."),
    390422: (
        "Snowflake does not allow this machine's address.",
        "Ask the administrator to add it to the network policy.",
    ),
    394400: ("The access token is not valid.", "Create another programmatic access token and set SNOWFLAKE_TOKEN."),
    394508: (
        "Snowflake requires a second factor for this user.",
        "Use a key pair or an access token: docs/snowflake.md says how.",
    ),
    606: ("No warehouse is running for this session.", _WAREHOUSE),
    604: ("Snowflake stopped the query.", "It was canceled, or ran longer than SNOWFLAKE_STATEMENT_TIMEOUT."),
    _STATEMENT_TIMEOUT: (
        "The query exceeded its time limit.",
        "Raise SNOWFLAKE_STATEMENT_TIMEOUT, or use a larger warehouse.",
    ),
    2003: (
        "The table does not exist, or this role is not allowed to see it.",
        "Check its full name, and GRANT USAGE on its database and schema and SELECT on it.",
    ),
    2043: (
        "The object does not exist, or this role is not allowed to see it.",
        "Check its name and the grants of the role.",
    ),
    3001: ("This role may not do that.", "Ask for the grants that docs/snowflake.md lists."),
    904: ("The table has no such column.", "Check the mapping of columns."),
    90073: ("The warehouse is suspended and may not be started.", "Ask for GRANT OPERATE, or set AUTO_RESUME = TRUE."),
    90109: ("The warehouse is suspended.", "Resume it, or set AUTO_RESUME = TRUE."),
    251007: ("The key file cannot be read.", "Check SNOWFLAKE_PRIVATE_KEY_FILE; it must be a PKCS#8 file (.p8)."),
    LOGIN_TIMED_OUT: (
        "Snowflake did not answer in time.",
        "Check the account's name and the network, or raise the time-outs.",
    ),
}
_BY_PATTERN: tuple[tuple[str, str, str], ...] = (
    (
        r"no active warehouse",
        "No warehouse is running for this session.",
        _WAREHOUSE,
    ),
    (r"resource monitor|exceeded its.*quota", "The warehouse has used up its credits.", "Ask its administrator."),
    (
        r"warehouse .* (suspended|cannot be resumed)",
        "The warehouse is suspended.",
        "Resume it, or set AUTO_RESUME = TRUE.",
    ),
    (
        r"pass(phrase|word).*key|decrypt",
        "The key's passphrase is missing or wrong.",
        "Set SNOWFLAKE_PRIVATE_KEY_FILE_PWD.",
    ),
    (
        r"private key|pkcs|\bpem\b",
        "The private key cannot be read.",
        "Give a PKCS#8 key: SNOWFLAKE_PRIVATE_KEY_FILE, or its text from BEGIN to END.",
    ),
    (
        r"timed? ?out|deadline",
        "Snowflake did not answer in time.",
        "Check the network, or raise SNOWFLAKE_NETWORK_TIMEOUT or SNOWFLAKE_STATEMENT_TIMEOUT.",
    ),
    (
        r"certificate|\btls\b|\bssl\b",
        "A secure connection to Snowflake could not be established.",
        "Check the account's name, the clock, and a proxy that replaces certificates.",
    ),
    (
        r"dns|resolve|lookup|name or service not known|404",
        "There is no Snowflake account with that name.",
        "Check SNOWFLAKE_ACCOUNT: it looks like ORGANIZATION-ACCOUNT.",
    ),
    (
        (
            r"connect|connection|transport|network|unreachable|reset|closed|broken pipe|end of file|eof"
            r"|invalid snowflake response|incomplete|decod"
        ),
        "The connection to Snowflake was lost.",
        "Check the network and try again; the incomplete result was discarded.",
    ),
)


def to_source_error(error: Exception) -> SourceError:
    """Translate an error by Snowflake's code, or else by patterns in its message."""
    code, message = get_error_code(error), str(getattr(error, "raw_msg", "") or error)
    if code == 2003 and re.search(r"schema|database", message, re.IGNORECASE) and "table" not in message.lower():
        code = 2043
    if code == _STATEMENT_TIMEOUT:
        return StatementTimeoutError(_BY_CODE[code][0], hint=_BY_CODE[code][1])
    if code in _BY_CODE and code not in _ENDED:
        return SourceError(_BY_CODE[code][0], hint=_BY_CODE[code][1])
    if is_session_expired(error):
        return SourceError("The session with Snowflake has expired.", hint="Sign in again.")
    for pattern, sentence, hint in _BY_PATTERN:
        if re.search(pattern, message, re.IGNORECASE):
            return SourceError(sentence, hint=hint)
    first = re.sub(r"^SQL [a-z ]+ error:\s*", "", message.strip()).split("\n")[0]  # the cause is on the next line
    return SourceError("Snowflake could not run the query.", hint=re.sub(r"\s*\(request_id=.*", "", first)[:200])


def build_login_timeout_error(seconds: int, is_interactive: bool) -> SourceError:
    """The error for a sign-in that was not completed; if interactive, the user or the network may be the cause."""
    if is_interactive:
        return SourceError(
            f"The sign-in to Snowflake was not completed within {seconds} seconds.",
            hint="Finish it in the browser or confirm the notification on your phone, then try again. If neither "
            "appeared, check the account's name and the network. SNOWFLAKE_LOGIN_TIMEOUT sets the time.",
        )
    return SourceError(
        f"Snowflake did not answer the sign-in within {seconds} seconds.",
        hint="Check the account's name and the network.",
    )


def is_session_expired(error: Exception) -> bool:
    """Whether the session has expired, including failures of the connector to renew it."""
    return get_error_code(error) in _ENDED or "refresh session" in str(error).lower()


def get_error_code(error: Exception) -> int:
    """Snowflake's error code: the connector's errno, or else the number at the start of the message; 0 without one."""
    number = getattr(error, "errno", None)
    if isinstance(number, int) and number > 0:
        match = re.search(r"\b(39\d{4})\b", str(error))  # a refused login may hide behind a code of the connector
        return int(match[1]) if match and number < 390000 else number
    match = re.match(r"\D{0,20}(\d{4,6})\b", str(error))
    return int(match[1]) if match else 0


def is_connection_lost(error: Exception) -> bool:
    """Whether the connection itself failed, so that it cannot be used again."""
    code = get_error_code(error)
    return code == 0 or 250000 <= code < 260000 or code in {LOGIN_TIMED_OUT, 7}


def is_refused_statement(error: SourceError) -> bool:
    """Whether Snowflake refused one statement, while the session can be used for others."""
    cause = error.__cause__
    return isinstance(cause, Exception) and not is_connection_lost(cause) and not is_session_expired(cause)
