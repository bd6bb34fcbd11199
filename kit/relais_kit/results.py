"""The result of a scenario: a table for people, and a signed file that a vendor can hand on."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import rfc8785
from joserfc import jws
from joserfc.jwk import OKPKey

from relais_kit.steps import Ended


def own_key(path: Path) -> OKPKey:
    """The key with which this vendor signs its results (Ed25519); it is made at the first time."""
    if path.exists():
        return OKPKey.import_key(orjson.loads(path.read_bytes()))
    key = OKPKey.generate_key("Ed25519", {"use": "sig"}, auto_kid=True)
    path.touch(mode=0o600)
    path.write_bytes(orjson.dumps(key.as_dict(private=True)))
    return key


def signed_result(steps: Sequence[Ended], against: str, key: OKPKey) -> bytes:
    """What was tried and how it ended, as JSON: `result`, the public key, and a JWS over the RFC 8785 form of it."""
    result: dict[str, Any] = {
        "against": against,
        "ended_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "kit": "0.1.0",
        "passed": sum(step.is_good for step in steps),
        "failed": sum(not step.is_good for step in steps),
        "steps": [{"name": step.name, "passed": step.is_good, "said": step.said} for step in steps],
    }
    payload = rfc8785.dumps(result)
    signature = jws.serialize_compact({"alg": "Ed25519", "kid": key.kid}, payload, key, algorithms=["Ed25519"])
    members = {"result": result, "key": key.as_dict(private=False), "jws": signature}
    return orjson.dumps(members, option=orjson.OPT_INDENT_2)
