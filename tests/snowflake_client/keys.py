"""Verification of key-pair tokens as Snowflake does it: issuer, lifetime and signature."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

public_keys: dict[str, RSAPublicKey] = {}
"""By user; a user without one may sign in with any key."""


def set_key(user: str, pem: str) -> None:
    """As ALTER USER ... SET RSA_PUBLIC_KEY does."""
    key = serialization.load_pem_public_key(pem.encode())
    assert isinstance(key, rsa.RSAPublicKey)
    public_keys[user.upper()] = key


def accepted(login: dict[str, Any]) -> bool:
    """Whether the token of a sign-in is this user's own, of now, and signed with the private part of the user's key."""
    key = public_keys.get(str(login.get("LOGIN_NAME", "")).upper())
    if login.get("AUTHENTICATOR") != "SNOWFLAKE_JWT" or key is None:
        return True
    head, body, signature = str(login["TOKEN"]).split(".")
    try:
        key.verify(_bytes(signature), f"{head}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    text = json.loads(_bytes(body))
    who = f"{login['ACCOUNT_NAME']}.{login['LOGIN_NAME']}".upper()
    return (
        json.loads(_bytes(head))["alg"] == "RS256"
        and text["sub"] == who
        and text["iss"] == f"{who}.{fingerprint(key)}"
        and text["iat"] - 60 <= time.time() < text["exp"] <= text["iat"] + 3600
        and "PASSWORD" not in login
    )


def fingerprint(key: RSAPublicKey) -> str:
    """As shown by DESC USER."""
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return "SHA256:" + base64.b64encode(hashlib.sha256(der).digest()).decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
