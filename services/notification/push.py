"""Web Push: a notice on an ISCG's own device (RFC 8030), encrypted for it alone (RFC 8291), signed by us (RFC 8292)."""

import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import UUID

import http_ece
import structlog
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from joserfc import jwt
from joserfc.jwk import ECKey
from pydantic import BaseModel, ConfigDict, ValidationError

from services.notification.domain.circuit import BUSY, Circuits
from services.notification.domain.notice import Handover
from services.notification.outward import Outward

log = structlog.get_logger()
SIGNED_FOR = 12 * 3600
"""Seconds; a push service takes no signature for more than a day (RFC 8292)."""
KEPT_FOR = 24 * 3600
"""Seconds that a push service keeps a message for a device that is off."""
POINT_BYTES, AUTH_BYTES = 65, 16
GONE = (404, 410)


class Keys(BaseModel):
    """What a browser has made for this subscription: its public key, and a secret shared with us alone."""

    model_config = ConfigDict(hide_input_in_errors=True)

    p256dh: str
    auth: str


class Subscription(BaseModel):
    """A `PushSubscription`, as a browser writes it in JSON (W3C Push API)."""

    model_config = ConfigDict(hide_input_in_errors=True)

    endpoint: str
    keys: Keys


@dataclass(frozen=True, slots=True)
class Push:
    """One notice to one device. A newer message with its topic takes its place while the device is off."""

    notice_id: UUID
    to: str = field(repr=False)
    body: str = field(repr=False)
    is_urgent: bool = False


class Vapid:
    """Our signature for push services. `subject` is how their operators reach ours: a mailto: or https: address."""

    def __init__(self, pem: str, subject: str) -> None:
        key = load_pem_private_key(pem.encode(), password=None)
        if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
            raise ValueError("no P-256 private key")
        self._key, self._subject = ECKey.import_key(pem), subject
        self.public_key = _text(key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    def header(self, endpoint: str) -> str:
        """`Authorization` for a push service."""
        to = urlsplit(endpoint)
        claims = {
            "aud": f"{to.scheme}://{to.netloc}",
            "exp": int(time.time()) + SIGNED_FOR,
            "sub": self._subject,
        }
        token = jwt.encode({"typ": "JWT", "alg": "ES256"}, claims, self._key, algorithms=["ES256"])
        return f"vapid t={token}, k={self.public_key}"


class PushServices:
    """Hands notices to the push services of browsers; without a key of ours it refuses all."""

    def __init__(self, vapid: Vapid | None, outward: Outward) -> None:
        self._vapid, self._outward = vapid, outward
        self._circuits = Circuits()

    def room(self, most: int) -> int:
        """Whoever is left in peace takes no place: each browser's maker has a push service of its own."""
        return most

    async def send(self, push: Push) -> Handover:
        """Hand one notice over. Never raises for what the service or the network does: it tells how it ended."""
        if self._vapid is None:
            log.warning("push-without-key", notice_id=push.notice_id)
            return Handover.REFUSED
        subscription = read_subscription(push.to)
        if subscription is None:
            return Handover.REFUSED
        circuit = self._circuits.of(subscription.endpoint)
        if not circuit.lets_try():
            return Handover.PUT_OFF
        headers = {
            "authorization": self._vapid.header(subscription.endpoint),
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "ttl": str(KEPT_FOR),
            "urgency": "high" if push.is_urgent else "normal",
            "topic": _text(push.notice_id.bytes),
        }
        body = _sealed(push.body.encode(), subscription)
        reply = await self._outward.post(push.notice_id, subscription.endpoint, headers, body)
        if isinstance(reply, Handover):
            circuit.failed()
            return reply
        circuit.answered(reply.status, reply.retry_after)
        if 200 <= reply.status < 300:
            return Handover.TAKEN
        log.warning("push-not-taken", notice_id=push.notice_id, status=reply.status)
        # A subscription that is gone, or a message that is refused, will not be taken later either.
        is_refused = 400 <= reply.status < 500 and reply.status not in BUSY
        return Handover.REFUSED if is_refused else Handover.PUT_OFF

    async def close(self) -> None:
        """Close what is open."""
        await self._outward.close()


def read_subscription(text: str) -> Subscription | None:
    """A subscription, if it is one to which something can be sent."""
    try:
        subscription = Subscription.model_validate_json(text)
        point, secret = _bytes(subscription.keys.p256dh), _bytes(subscription.keys.auth)
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
    except (ValidationError, ValueError, NotBase64):
        return None
    return subscription if len(point) == POINT_BYTES and len(secret) == AUTH_BYTES else None


def _sealed(body: bytes, subscription: Subscription) -> bytes:
    """Encrypted for the device (RFC 8188, RFC 8291): the push service reads nothing."""
    point, secret = _bytes(subscription.keys.p256dh), _bytes(subscription.keys.auth)
    ours = generate_private_key(SECP256R1())
    sealed: bytes = http_ece.encrypt(body, private_key=ours, dh=point, auth_secret=secret, version="aes128gcm")
    return sealed


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _text(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()
