"""When an ISCG will next sit at a station, as far as referral has told."""

from collections.abc import Iterable
from datetime import datetime

from shared.contracts.blocks import Opening
from shared.contracts.fields import Block


class Presence(Block):
    """Permanences of a station, as last published."""

    openings: tuple[Opening, ...]


def next_presence(openings: Iterable[Opening], at: datetime) -> Opening | None:
    """The opening that is going on, or the next to come."""
    coming = [opening for opening in openings if opening.closes_at > at]
    return min(coming, key=lambda opening: opening.opens_at, default=None)
