"""Follows receipts as Kafka delivers them: some come again, and older ones come again after newer ones.

    python follow_receipts.py jwks.json < receipts.jsonl

Each line is one record: `headers` and `value`, both as they stand on Kafka. Needs joserfc, rfc8785.
"""

import json
import sys
from pathlib import Path
from typing import Any

import rfc8785
from joserfc import jws
from joserfc.jwk import OKPKey

Json = dict[str, Any]


class Receipts:
    """What a station's software keeps. In yours both are tables, written in one transaction."""

    def __init__(self) -> None:
        self.last: dict[str, int] = {}
        self.held: dict[str, Json] = {}

    def take(self, headers: Json, receipt: Json) -> None:
        """Take one receipt, whose signature holds. Commit your offset after it."""
        subject, sequence = headers["ce_subject"], int(headers["ce_sequence"])
        if sequence <= self.last.get(subject, 0):
            return  # it comes again
        self.last[subject] = sequence
        if receipt["outcome"] != "rejected" or subject not in self.held:
            self.held[subject] = receipt  # a rejection answers its own record: what was taken before stands


def check(receipt: Json, keys: list[Json]) -> None:
    """Prove a receipt: the signature of a published key, over what the receipt says."""
    kid = jws.extract_compact(receipt["jws"].encode()).headers()["kid"]
    key = next(OKPKey.import_key(each) for each in keys if each["use"] == "sig" and each["kid"] == kid)
    signed = jws.deserialize_compact(receipt["jws"], key, algorithms=["Ed25519"]).payload
    says = {name: value for name, value in receipt.items() if name not in ("record", "event_id", "jws")}
    if signed != rfc8785.dumps(says):
        raise SystemExit("The receipt is not what Relais has signed.")


def main() -> None:
    """Take every receipt, and print how each report stands."""
    keys, receipts = json.loads(Path(sys.argv[1]).read_text("utf-8"))["keys"], Receipts()
    for line in sys.stdin:
        record = json.loads(line)
        receipt = json.loads(record["value"])
        check(receipt, keys)
        receipts.take(record["headers"], receipt)
    for subject, receipt in sorted(receipts.held.items()):
        print(subject, receipt["standing"], receipt.get("revision", ""), sep=",")  # noqa: T201 # what it is for


if __name__ == "__main__":
    main()
