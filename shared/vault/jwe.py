"""A station's sealed content (JWE): only intake opens it, with keys that rotate."""

import binascii
from typing import Literal

import orjson
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.util import urlsafe_b64decode
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.vault.failures import VaultFailure
from shared.vault.ring import PublicKeys, Ring

ALG, ENC = "ECDH-ES+A256KW", "A256GCM"
LARGEST_CONTENT = 256 * 1024
LARGEST_COMPACT = LARGEST_CONTENT * 4 // 3 + 2048


class UnreadableJwe(VaultFailure):
    """A station's sealed content can't be opened."""


class JweTooLarge(UnreadableJwe):
    """The sealed content is larger than a report may be."""


class JweMalformed(UnreadableJwe):
    """The sealed content is not a compact JWE: five parts in canonical base64url, the first a JSON object."""


class JweNotAllowed(UnreadableJwe):
    """The JWE's header asks for something else than ECDH-ES+A256KW on P-256 with A256GCM, uncompressed, with a kid."""


class JweUnknownKey(UnreadableJwe):
    """The JWE was encrypted to a key that intake does not hold, or holds no longer."""


class JweBroken(UnreadableJwe):
    """The JWE does not open with the key that it names: it was changed, or made for another key."""


class NoPublishedKey(VaultFailure):
    """The published key set has no key for use enc."""


class EphemeralKey(BaseModel):
    """The sender's part of the key agreement."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: str
    y: str


class JweHeader(BaseModel):
    """Everything that a station's JWE header may say; `zip` is not part of it (a bomb fits into 256 KiB)."""

    model_config = ConfigDict(extra="forbid", strict=True)

    alg: Literal["ECDH-ES+A256KW"]
    enc: Literal["A256GCM"]
    kid: str
    epk: EphemeralKey
    apu: str | None = None
    apv: str | None = None
    typ: str | None = None
    cty: str | None = None


REGISTRY = jwe.JWERegistry(algorithms=[ALG, ENC])
REGISTRY.max_ciphertext_length = LARGEST_COMPACT


def open_jwe(compact: str, ring: Ring) -> bytes:
    """The content that a station sealed for intake. Raises an `UnreadableJwe` that says nothing of the content."""
    if len(compact) > LARGEST_COMPACT:
        raise JweTooLarge
    key = ring.encryption.get(_header(compact).kid)
    if key is None:
        raise JweUnknownKey
    return _decrypt(compact, key)


def _header(compact: str) -> JweHeader:
    try:
        parts = [urlsafe_b64decode(part) for part in compact.encode("ascii").split(b".")]
        header = orjson.loads(parts[0])
    except (ValueError, binascii.Error):
        raise JweMalformed from None
    if len(parts) != 5:
        raise JweMalformed
    try:
        return JweHeader.model_validate(header)
    except ValidationError:
        raise JweNotAllowed from None


def _decrypt(compact: str, key: ECKey) -> bytes:
    try:
        content = jwe.decrypt_compact(compact, key, registry=REGISTRY).plaintext
    except (JoseError, ValueError, TypeError):
        raise JweBroken from None
    if content is None:
        raise JweBroken
    if len(content) > LARGEST_CONTENT:
        raise JweTooLarge
    return content


def seal_for_intake(public: PublicKeys, content: bytes) -> str:
    """What a station does: encrypt to intake's published key. Raises `NoPublishedKey`."""
    for each in public["keys"]:
        if each.get("use") == "enc":
            key = ECKey.import_key(each)
            return jwe.encrypt_compact({"alg": ALG, "enc": ENC, "kid": key.kid}, content, key, registry=REGISTRY)
    raise NoPublishedKey
