"""The one form of a JSON value: what is signed or compared must have the same bytes, whoever wrote it."""

from typing import Any

import orjson


def canonical(members: dict[str, Any]) -> bytes:
    """RFC 8785 (JCS) form of JSON whose member names are ASCII and whose numbers are integers under 2^53.

    All that the contract lets through is such; for it, sorted names are all that orjson's form lacks, at a hundredth
    of the time that a JCS library takes. A test holds the two against each other.
    """
    return orjson.dumps(members, option=orjson.OPT_SORT_KEYS)
