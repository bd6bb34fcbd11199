"""The short name of a case that may be read aloud on the phone and reveals nothing."""

from uuid import UUID

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that is heard or read as another sign."""

SIGNS, BITS = 8, 5


def reference(case_id: UUID) -> str:
    """The reference of a case (référence), such as `7K3Q-M9TX`: the first 40 bits of its id, which is a keyed hash.

    So it tells nothing about anybody, and whoever holds the cases finds one by it: it is the beginning of its id. Two
    cases in a million may share one; the link beside it never does.
    """
    first = case_id.int >> (128 - SIGNS * BITS)
    signs = [ALPHABET[first >> BITS * n & 31] for n in reversed(range(SIGNS))]
    return f"{''.join(signs[:4])}-{''.join(signs[4:])}"
