"""When somebody may be told: never in a professional's hours of rest, and to the person only in her safe hours."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.contracts.blocks import Quiet, SafeHours
from shared.contracts.vocabulary import Weekday

WEEKDAYS = tuple(Weekday)
LOOKS_AHEAD = timedelta(days=14)
"""What is not safe within so long is not worth waiting for: her ISCG finds another way."""
MARGIN = timedelta(minutes=5)
"""A message that leaves now may arrive so much later: that must be safe too."""
A_DAY, MIDNIGHT = timedelta(days=1), "00:00"


def is_quiet(quiet: Quiet, at: datetime) -> bool:
    """Whether a professional rests at this moment."""
    return _is_between(at.astimezone(ZoneInfo(quiet.zone)).time(), quiet.from_, quiet.to)


def after_quiet(quiet: Quiet | None, at: datetime) -> datetime:
    """The first moment from then on at which a professional may be disturbed."""
    if quiet is None or not is_quiet(quiet, at) or quiet.from_ == quiet.to:
        return at
    return _next(at, quiet.to, quiet.zone)


def is_safe(safe: SafeHours, at: datetime) -> bool:
    """Whether the person may be written to at this moment.

    Hours that cross midnight belong to the day on which they begin. The last day is safe as a whole, where she is.
    """
    local = at.astimezone(ZoneInfo(safe.zone))
    now, from_, to = local.time(), safe.from_ or MIDNIGHT, safe.to or MIDNIGHT
    # Hours that begin when they end may mean a whole day or nothing: nothing is the safe reading.
    is_empty = (safe.from_ or safe.to) is not None and from_ == to
    if is_empty or not _is_between(now, from_, to):
        return False
    if safe.valid_until and local.date() > safe.valid_until:
        return False
    begun_yesterday = from_ > to and now < time.fromisoformat(to)
    begun_on = local.date() - A_DAY if begun_yesterday else local.date()
    return not safe.days or WEEKDAYS[begun_on.weekday()] in safe.days


def may_leave(safe: SafeHours, at: datetime) -> bool:
    """Whether a message may leave towards the person at this moment."""
    return is_safe(safe, at) and is_safe(safe, at + MARGIN)


def next_safe(safe: SafeHours, at: datetime) -> datetime | None:
    """The first moment from then on at which a message may leave towards the person; none within two weeks."""
    if may_leave(safe, at):
        return at
    # Safe hours begin with a day, or at their first minute: nothing else need be looked at.
    begins = {MIDNIGHT, safe.from_ or MIDNIGHT}
    until, looked = at + LOOKS_AHEAD, at
    while looked < until:
        looked = min(_next(looked, each, safe.zone) for each in begins)
        if may_leave(safe, looked):
            return looked
    return None


def _is_between(now: time, from_: str, to: str) -> bool:
    begin, end = time.fromisoformat(from_), time.fromisoformat(to)
    if begin == end:
        return True
    return begin <= now < end if begin < end else now >= begin or now < end


def _next(at: datetime, hour: str, zone: str) -> datetime:
    """The next time strictly after this that local clocks show this hour."""
    today = at.astimezone(ZoneInfo(zone)).date()
    walls = (datetime.combine(today + n * A_DAY, time.fromisoformat(hour), ZoneInfo(zone)) for n in range(3))
    return next(moment for each in walls if (moment := each.astimezone(at.tzinfo)) > at)
