"""Divergences: where what a station says now differs from what the ISCG has noted since, for her to decide.

What she notes stands in place of what the station wrote, also of what it writes later: she has spoken with the person.
"""

from collections.abc import Iterable, Iterator
from itertools import chain

from shared.contracts.fields import Block
from shared.contracts.person import Consent
from shared.contracts.report import CaseFile
from shared.contracts.vocabulary import Need, PartnerType


class Conflict(Block):
    """One thing that station and ISCG say differently: where it stands in the file (RFC 6901), and both words."""

    pointer: str
    station: str | None
    iscg: str | None


def conflicts(file: CaseFile, consent: Consent | None, needs: Iterable[Need] | None) -> tuple[Conflict, ...]:
    """Every difference between a file and what was noted of its person."""
    n, concerned = next(((n, each) for n, each in enumerate(file.persons) if each.concerned), (0, None))
    if concerned is None:
        return ()
    place = f"/persons/{n}"
    of_consent = _of_consent(concerned.consent, consent, f"{place}/consent") if consent else ()
    of_needs = _of_needs(set(concerned.needs), set(needs), f"{place}/needs") if needs is not None else ()
    return tuple(chain(of_consent, of_needs))


def _of_consent(told: Consent | None, noted: Consent, place: str) -> Iterator[Conflict]:
    before = told.contact_by_iscg if told else None
    if before is not noted.contact_by_iscg:
        yield Conflict(pointer=f"{place}/contact_by_iscg", station=before, iscg=noted.contact_by_iscg)
    for partner in PartnerType:
        station, iscg = (each.partners.get(partner) if each else None for each in (told, noted))
        if station is not iscg:
            yield Conflict(pointer=f"{place}/partners/{partner}", station=station, iscg=iscg)


def _of_needs(told: set[Need], noted: set[Need], place: str) -> Iterator[Conflict]:
    for need in Need:
        if (need in told) is not (need in noted):
            is_told = need in told
            yield Conflict(pointer=place, station=need if is_told else None, iscg=None if is_told else need)
