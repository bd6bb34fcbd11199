"""What every service does beside its work, for as long as it lives."""

from shared.delivery.days import Days
from shared.delivery.delivery import Delivery
from shared.delivery.sweeper import Round, Sweeper

HALF_A_MINUTE, AN_HOUR = 30.0, 3600.0


def housekeeping(delivery: Delivery, *rounds: Round) -> list[Sweeper]:
    """Each second what stayed unsent and these rounds; days are closed each half minute; each hour old rows go."""
    return [
        Sweeper([delivery.outbox.sweep, *rounds]),
        Sweeper([Days(delivery).close], every=HALF_A_MINUTE),
        Sweeper([delivery.outbox.forget_sent], every=AN_HOUR),
    ]
