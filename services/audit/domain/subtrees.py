"""What somebody needs besides some lines of the log to lead them up to its root: the subtrees between them."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence


def subtrees_between(indexes: Sequence[int], size: int) -> Iterator[tuple[int, int]]:
    """The largest complete subtrees in which none of these lines stands, by level and index; `indexes` ascend.

    Together with the lines they cover the log of this size once: one path for all, instead of a path for each line.
    """
    stack = [(0, size)]
    while stack:
        start, end = stack.pop()
        width, within = end - start, bisect_left(indexes, end) - bisect_left(indexes, start)
        if width in (0, within):
            continue
        is_complete = width & (width - 1) == 0 and start % width == 0
        if within == 0 and is_complete:
            level = width.bit_length() - 1
            yield level, start >> level
        else:
            middle = start + (1 << (width - 1).bit_length() - 1)
            stack += [(middle, end), (start, middle)]
