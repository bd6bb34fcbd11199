"""An integrator's software, written from `docs/stations` alone: it imports nothing of Relais."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from joserfc import jwe
from joserfc.jwk import ECKey, KeySetSerialization

Json = dict[str, Any]
Headers = tuple[tuple[str, bytes | None], ...]

SUBMITTED, WITHDRAWN = "station.report-submitted.v1", "station.report-withdrawn.v1"
INTEGRATORS = {"PN": "police", "GN": "gendarmerie"}


@dataclass(frozen=True, slots=True)
class Sample:
    """One record for `station.reports.<integrator>`. Its expected end stands under its name in `expected.csv`."""

    name: str
    integrator: str
    key: bytes
    value: bytes | None
    headers: Headers


class Desk:
    """The software of the stations during one run: intake's published keys, a salt for fresh ids, the time."""

    def __init__(self, published: KeySetSerialization, salt: UUID, now: datetime) -> None:
        self.keys = [ECKey.import_key(each) for each in published["keys"] if each["use"] == "enc"]
        self.salt, self.now = salt, now

    def id_of(self, what: str) -> str:
        """An id that says nothing, the same for the same thing during one run."""
        return str(uuid5(self.salt, what))

    def seal(self, content: object, key: ECKey | None = None) -> str:
        """A content as one compact JWE, for the newest published key unless another is given."""
        key = key or self.keys[0]
        protected = {"alg": "ECDH-ES+A256KW", "enc": "A256GCM", "kid": key.kid}
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        return jwe.encrypt_compact(protected, text.encode(), key)

    def clear(self, report: str, station: str, sealed: object, **changes: Any) -> Json:
        """The clear part of the report of this name, taken a quarter of an hour ago."""
        taken_at = (self.now - timedelta(minutes=15)).isoformat(timespec="seconds")
        members = {"report_id": self.id_of(report), "revision": 1, "station": station, "taken_at": taken_at}
        return members | {"urgency": "urgent", "sealed": sealed} | changes

    def report(
        self, name: str, station: str, content: object, *, of: str | None = None, by: str | None = None, **changes: Any
    ) -> Sample:
        """A report as it should be. `of` names the report that it repeats or corrects, `by` another integrator."""
        clear = self.clear(of or name, station, self.seal(content), **changes)
        return self.record(name, station, json.dumps(clear).encode(), of=of, by=by)

    def withdrawal(self, name: str, station: str, *, of: str) -> Sample:
        """The withdrawal of a report, by the next revision."""
        members = {"report_id": self.id_of(of), "revision": 2, "station": station, "reason": "sent-by-mistake"}
        members["withdrawn_at"] = self.now.isoformat(timespec="seconds")
        return self.record(name, station, json.dumps(members).encode(), of=of, headers={"ce_type": WITHDRAWN})

    def record(
        self,
        name: str,
        station: str,
        value: bytes | None,
        *,
        of: str | None = None,
        by: str | None = None,
        headers: Mapping[str, str | None] | None = None,
        more: Sequence[tuple[str, bytes | None]] = (),
    ) -> Sample:
        """Any record. A header that is given as `None` is left out; `more` are added as they are."""
        integrator = by or INTEGRATORS[station[:2]]
        report_id = self.id_of(of or name)
        named: dict[str, str | None] = {
            "ce_specversion": "1.0",
            "ce_type": SUBMITTED,
            "ce_id": self.id_of(f"event {name}"),
            "ce_source": f"/stations/{integrator}/{station}",
            "ce_subject": report_id,
            "ce_time": self.now.isoformat(timespec="milliseconds"),
            "content-type": "application/json",
        }
        named |= headers or {}
        carried = tuple((header, text.encode()) for header, text in named.items() if text is not None)
        return Sample(name, integrator, report_id.encode(), value, (*carried, *more))
