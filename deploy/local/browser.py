"""What a browser keeps of its push subscription, and what a push service checks of whoever sends to it."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from os import urandom
from pathlib import Path

import http_ece
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey


def new_key() -> EllipticCurvePrivateKey:
    """A P-256 key of one's own."""
    return generate_private_key(SECP256R1())


def pem_of(key: EllipticCurvePrivateKey) -> bytes:
    """A private key as PEM."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@dataclass
class Browser:
    """One subscription (W3C Push API): messages for it are encrypted by RFC 8291, and nobody else reads them."""

    key: EllipticCurvePrivateKey = field(default_factory=new_key)
    auth: bytes = field(default_factory=lambda: urandom(16))

    def subscription(self, endpoint: str) -> str:
        """What it hands over, as JSON."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": _text(point), "auth": _text(self.auth)}
        return json.dumps({"endpoint": endpoint, "expirationTime": None, "keys": keys})

    def read(self, body: bytes) -> str:
        """What was meant for it alone. Raises `ValueError` for anything else."""
        try:
            opened: bytes = http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth, version="aes128gcm")
        except http_ece.ECEException as error:
            raise ValueError("not encrypted for this browser") from error
        return opened.decode()


def browser_of(folder: Path) -> Browser:
    """The browser that keeps its secrets in this folder; a new one where there is none yet."""
    key, auth = folder / "browser.pem", folder / "browser.auth"
    if not auth.exists():
        made = Browser()
        for path, content in ((key, pem_of(made.key)), (auth, made.auth)):
            path.touch(mode=0o600)
            path.write_bytes(content)
    private = load_pem_private_key(key.read_bytes(), password=None)
    assert isinstance(private, EllipticCurvePrivateKey)  # noqa: S101 # written above
    return Browser(private, auth.read_bytes())


def is_signed(authorization: str, audience: str) -> bool:
    """RFC 8292: a token for this very push service, by the key that stands beside it, from somebody to be reached."""
    try:
        scheme, _, parameters = authorization.partition(" ")
        given = dict(each.strip().split("=", 1) for each in parameters.split(","))
        point = urlsafe_b64decode(given["k"] + "=" * (-len(given["k"]) % 4))
        key = ECKey.import_key({"kty": "EC", "crv": "P-256", "x": _text(point[1:33]), "y": _text(point[33:])})
        claims = jwt.decode(given["t"], key, algorithms=["ES256"]).claims
    except (ValueError, KeyError, JoseError):
        return False
    return scheme == "vapid" and claims["aud"] == audience and str(claims["sub"]).startswith("mailto:")


def _text(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()
