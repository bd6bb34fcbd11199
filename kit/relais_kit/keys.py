"""What is done with Relais' published keys: a content is sealed for it, a receipt's signature is checked."""

from pathlib import Path
from typing import Any

import httpx
import orjson
import rfc8785
from joserfc import jwe, jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySetSerialization, OKPKey

from relais_kit.base import Json

ALGORITHMS = {"alg": "ECDH-ES+A256KW", "enc": "A256GCM"}
NOT_SIGNED = ("record", "event_id", "jws")
"""What a receipt holds besides what is signed: it differs from one delivery to the next."""


class NoKeys(Exception):
    """The key set can't be read, or has no key for this."""


class NotGenuine(Exception):
    """A receipt is not what intake has signed."""


def read_keys(where: str) -> KeySetSerialization:
    """A key set, from a file or from an address. Raises `NoKeys`."""
    try:
        if where.startswith(("http://", "https://")):
            found = httpx.get(where, timeout=10).raise_for_status().json()
        else:
            found = orjson.loads(Path(where).read_bytes())
        keys: KeySetSerialization = {"keys": found["keys"]}
    except (OSError, httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        raise NoKeys(f"No key set at {where}: {type(error).__name__}.") from None
    return keys


def sealed(report: Json, keys: KeySetSerialization) -> Json:
    """A report as Kafka wants it: its content as a JWE. Raises `NoKeys`."""
    clear = {name: value for name, value in report.items() if name != "content"}
    return clear | {"sealed": seal(orjson.dumps(report["content"]), keys)}


def seal(content: bytes, keys: KeySetSerialization) -> str:
    """A content as one compact JWE for the newest key whose use is `enc`. Raises `NoKeys`."""
    key = next((ECKey.import_key(each) for each in keys["keys"] if each.get("use") == "enc"), None)
    if key is None:
        raise NoKeys("The key set has no key whose use is `enc`.")
    return jwe.encrypt_compact(ALGORITHMS | {"kid": key.kid}, content, key)


def check_receipt(receipt: Json, keys: KeySetSerialization) -> str:
    """The id of the key that has signed it. Raises `NotGenuine`, which says what does not fit."""
    try:
        signature = str(receipt["jws"])
        kid = jws.extract_compact(signature.encode()).headers().get("kid")
        key = next(OKPKey.import_key(each) for each in keys["keys"] if each.get("use") == "sig" and each["kid"] == kid)
        payload = jws.deserialize_compact(signature, key, algorithms=["Ed25519"]).payload
    except StopIteration:
        raise NotGenuine("No published key whose use is `sig` has the `kid` of this signature.") from None
    except (JoseError, KeyError, ValueError, TypeError):
        raise NotGenuine("The signature does not hold.") from None
    if payload != rfc8785.dumps(signed_members(receipt)):
        raise NotGenuine("The signature holds, and the receipt says something else than what was signed.")
    return str(kid)


def signed_members(receipt: Json) -> Any:
    """The members of a receipt that its signature covers."""
    return {name: value for name, value in receipt.items() if name not in NOT_SIGNED}
