"""How often each named point has killed a process in this run."""

from collections import Counter

HITS: Counter[str] = Counter()
