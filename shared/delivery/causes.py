"""Why something is decided: because somebody asks for it, or because it was looked at."""

from uuid import UUID

from uuid6 import uuid7

from shared.delivery.cause import Actor, Cause
from shared.delivery.delivery import Delivery
from shared.watch.traces import traceparent_now


def new_cause(delivery: Delivery, subject: object, by: UUID | None = None) -> Cause:
    """A cause of now; `by` is who asks, by opaque id, if anybody does."""
    actor = Actor("app_user", str(by)) if by else None
    return Cause(uuid7(), delivery.clock.now(), subject=str(subject), by=actor, trace=traceparent_now())
