"""How many records a process has in hand at once: as many as last half a second, by what the last units have taken."""

from collections.abc import Callable, Iterable, Mapping, Sequence

FIRST, MOST = 50, 5000
AIM_SECONDS, LONGEST_SECONDS = 0.5, 2.5
QUICK_GROWTH, SLOW_GROWTH = 2, 1.1
"""By how much the size may grow at once, after a unit that took less than half a second or more."""
FROM_IN_HAND = 4
"""As many times what was in hand it may become."""
KEPT = 0.8
"""How much the units before count beside one more."""
SPREAD = 0.1
"""How far apart the sizes of units must lie, beside their mean, to tell what a record takes from what a unit takes."""
MOST_TYPES = 200
"""Types of event that are told apart: strangers name them."""
A_BIT = 1e-9
"""By which a sum of shares may miss what it should be."""


class UnitSize:
    """Learns that n records take a + b·n seconds (least squares, older units count less), and sets n by that.

    What a unit takes whatever is in it is not to be saved by making it smaller: on a busy machine more of smaller units
    would take longer still. There a unit may last for twice that, up to `LONGEST_SECONDS`, or longer if it holds fewer
    than `FIRST`.
    As long as all units were alike nobody knows a from b: then the size is halved at most, to find out. And it grows
    only from what was in hand: a small unit tells little of one that is many times as large.
    """

    def __init__(self, first: int = FIRST) -> None:
        self.limit = first
        self._fixed = self._each = 0.0
        self._sums: Sequence[float] = (0.0,) * 5

    def note(self, records: int, seconds: float) -> None:
        """Learn from a unit that has ended: how many records were in hand at once meanwhile, and how long it took."""
        kept = 0.0 if self._is_unlike(records, seconds) else KEPT
        seen = (1.0, records, seconds, records * records, records * seconds)
        self._sums = [kept * total + new for total, new in zip(self._sums, seen, strict=True)]
        least = self._least(records, is_known=self._fit())
        aim = max(AIM_SECONDS, min(2 * self._fixed, LONGEST_SECONDS))
        growth = QUICK_GROWTH if seconds < AIM_SECONDS else SLOW_GROWTH
        grown = int(min(self.limit * growth, records * FROM_IN_HAND)) + 1
        self.limit = max(least, min(int((aim - self._fixed) / self._each), max(grown, self.limit), MOST))

    def shrink(self, records: int) -> None:
        """A unit with so many in hand has failed after a long time: it does not come again as large."""
        self.limit = max(1, min(self.limit, records) // 2)

    def _least(self, records: int, *, is_known: bool) -> int:
        if is_known:
            return max(1, min(FIRST, int(self._fixed / self._each))) if self._fixed > AIM_SECONDS else 1
        return max(1, self.limit // 2 if records >= self.limit // 2 else self.limit)

    def _is_unlike(self, records: int, seconds: float) -> bool:
        """Whether a unit has taken so long that what the ones before have taken tells nothing any more."""
        return seconds > AIM_SECONDS and seconds > 2 * (self._fixed + self._each * records)

    def _fit(self) -> bool:
        """Find out what a unit takes and what a record takes. Whether that is known: not where all units were alike."""
        weight, records, seconds, squares, products = self._sums
        size, time = records / weight, seconds / weight
        proportional, spread = max(time, 1e-6) / size, squares / weight - size * size
        is_known = weight > 1.0 and spread >= (SPREAD * size) ** 2
        each = (products / weight - size * time) / spread if is_known else (time - self._fixed) / size
        self._each = min(max(each, proportional / 10), proportional)
        self._fixed = max(0.0, time - self._each * size)
        return is_known


class UnitSizes:
    """The sizes by type of event, learnt apart: a report takes twenty times what a station's registration takes.

    Where several types are in hand, each record counts by its share of the size of its type.
    """

    def __init__(self, new: Callable[[], UnitSize] = UnitSize) -> None:
        self._new = new
        self._of: dict[bytes, UnitSize] = {}

    def of(self, type_: bytes) -> UnitSize:
        """The size of this type."""
        if type_ not in self._of:
            type_ = type_ if len(self._of) < MOST_TYPES else b""
            self._of.setdefault(type_, self._new())
        return self._of[type_]

    def share(self, counts: Mapping[bytes, int]) -> float:
        """Which part of what may be in hand these many are."""
        return sum(many / self.of(type_).limit for type_, many in counts.items())

    def fitting(self, types: Iterable[bytes], room: float) -> int:
        """How many of these, in their order, are no more than this part."""
        n, left = 0, room + A_BIT
        for type_ in types:
            left -= 1 / self.of(type_).limit
            if left < 0:
                break
            n += 1
        return n

    def note(self, counts: Mapping[bytes, int], most: Mapping[bytes, int], seconds: float) -> None:
        """A unit of so many has ended: what it tells, it tells of the type that weighs most in it."""
        size = self._heaviest(counts)
        size.note(self._as_many(most, size), seconds)

    def shrink(self, counts: Mapping[bytes, int], most: Mapping[bytes, int]) -> None:
        """The same of one that has failed after a long time."""
        size = self._heaviest(counts)
        size.shrink(self._as_many(most, size))

    def _heaviest(self, counts: Mapping[bytes, int]) -> UnitSize:
        return self.of(max(counts, key=lambda type_: counts[type_] / self.of(type_).limit))

    def _as_many(self, counts: Mapping[bytes, int], size: UnitSize) -> int:
        """As how many records of this size all of these count."""
        return max(1, round(sum(many * (size.limit / self.of(type_).limit) for type_, many in counts.items())))
