"""Signs what must not be changed afterwards, with a key of this installation: Ed25519, kept beside the settings."""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from mapping.errors import FixConfigError
from mapping.failpoints import reach

KEY_FILE = "signing-key.pem"


def signing_key(folder: Path) -> Ed25519PrivateKey:
    """Return the key of this installation, made on first use and readable by its owner alone.

    Raises:
        FixConfigError: it cannot be read or made.
    """
    file = folder / KEY_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            made = Ed25519PrivateKey.generate()
            part = file.with_name(f".{KEY_FILE}.{os.getpid()}")
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as out:
                reach("flows.key.write")
                out.write(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            reach("flows.key.rename")
            part.replace(file)
        key = load_pem_private_key(file.read_bytes(), password=None)
    except (OSError, ValueError) as error:
        raise FixConfigError(f"{file}: cannot be used as signing key ({error}): restore it, or move it away") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise FixConfigError(f"{file}: is no Ed25519 key: restore it, or move it away")
    return key


def digest(body: str) -> str:
    """Return the SHA-256 of a text in hexadecimal."""
    return hashlib.sha256(body.encode()).hexdigest()


def sign(key: Ed25519PrivateKey, body: str) -> tuple[str, str]:
    """Return signature and public key, both in base64."""
    public = key.public_key().public_bytes_raw()
    return base64.b64encode(key.sign(body.encode())).decode(), base64.b64encode(public).decode()


def is_genuine(body: str, *, signature: str, public_key: str) -> bool:
    """Return whether a text is what the holder of that key signed."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key))
        key.verify(base64.b64decode(signature), body.encode())
    except (InvalidSignature, ValueError):
        return False
    return True
