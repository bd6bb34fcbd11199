"""A receipt's signature (JWS): a station can prove what intake took, and when."""

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from shared.vault.failures import VaultFailure
from shared.vault.ring import PublicKeys, Ring

ALG = "Ed25519"
REGISTRY = jws.JWSRegistry(algorithms=[ALG])


class BadSignature(VaultFailure):
    """The signature is not one of intake's, or what was signed has changed."""


def sign(payload: bytes, ring: Ring) -> str:
    """A compact JWS over these bytes, by the newest signing key; the same bytes give the same signature."""
    return jws.serialize_compact({"alg": ALG, "kid": ring.signing.kid}, payload, ring.signing, registry=REGISTRY)


def verify(compact: str, public: PublicKeys) -> bytes:
    """The bytes that intake signed, checked with its published keys. Raises `BadSignature`."""
    keys = KeySet.import_key_set({"keys": [key for key in public["keys"] if key.get("use") == "sig"]})
    try:
        return jws.deserialize_compact(compact, keys, registry=REGISTRY).payload
    except (JoseError, ValueError, TypeError):
        raise BadSignature from None
