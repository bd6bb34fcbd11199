"""Reads partners from a file of data·inclusion, the public directory of those who help (schema v1, structures).

Of each it takes its kind, its département and the ways to tell it, and nothing else: no name and no address, so that
none which is kept secret can be shown or sent. Source of the codes: `data-inclusion-schema`, `ReseauPorteur`.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

import phonenumbers
from data_inclusion.schema.v1 import ReseauPorteur, Structure  # type: ignore[import-untyped] # it ships no types
from phonenumbers import PhoneNumberType
from pydantic import ValidationError

from services.referral.domain.partners import Partner, PartnerSource
from shared.contracts.blocks import Channel
from shared.contracts.vocabulary import NoticeChannel, PartnerType

NETWORKS: Mapping[ReseauPorteur, PartnerType] = MappingProxyType(
    {
        ReseauPorteur.SIAO: PartnerType.SIAO,
        ReseauPorteur.CIDFF: PartnerType.CIDFF,
        ReseauPorteur.CCAS_CIAS: PartnerType.CCAS_CIAS,
        ReseauPorteur.DEPARTEMENTS: PartnerType.DEPARTEMENT_SOCIAL,
        ReseauPorteur.CMP: PartnerType.CMP,
        ReseauPorteur.CAF: PartnerType.CAF_MSA,
        ReseauPorteur.MUTUALITE_SOCIALE_AGRICOLE: PartnerType.CAF_MSA,
        ReseauPorteur.ASE: PartnerType.ASE,
        ReseauPorteur.CSAPA: PartnerType.ADDICTION,
        ReseauPorteur.CAARUD: PartnerType.ADDICTION,
    }
)
"""Our kind of partner for each network. The choice is ours; the directory knows no code for the other kinds."""
MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
OVERSEAS = ("97", "98")


class UnusableDirectory(Exception):
    """The directory can't be used; nothing of it was kept."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(f"{self.__doc__} {'; '.join(faults)}")
        self.faults = faults


class Directory(NamedTuple):
    """The partners of a département that a file names, and how many it names besides, by why they are left out."""

    partners: tuple[Partner, ...]
    left_out: Mapping[str, int]


def read_directory_file(path: Path, departement: str, opaque: Callable[[str], UUID]) -> Directory:
    """The partners of a département. `opaque` makes of a public id one that tells nobody whose it is.

    Raises `UnusableDirectory`, which names every fault by its place, and never what was given.
    """
    left_out, partners = Counter[str](), dict[str, Partner]()
    for structure in _structures(path):
        found = _partner(structure, departement, opaque)
        if isinstance(found, Partner):
            partners[found.id] = found
        else:
            left_out[found] += 1
    return Directory(tuple(partners.values()), left_out)


def _structures(path: Path) -> Sequence[Structure]:
    try:
        rows = json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise UnusableDirectory([f"{path.name} can't be read as JSON ({type(error).__name__})"]) from None
    if not isinstance(rows, list):
        raise UnusableDirectory(["/: a list of structures is expected (data·inclusion, schema v1)"])
    found, faults = list[Structure](), list[str]()
    for n, row in enumerate(rows):
        try:
            found.append(Structure.model_validate(row))
        except ValidationError as error:
            faults += _faults(n, error)
    if faults:
        raise UnusableDirectory(faults)
    return found


def _faults(n: int, error: ValidationError) -> Iterator[str]:
    for each in error.errors(include_url=False, include_context=False, include_input=False):
        yield f"/{'/'.join(map(str, (n, *each['loc'])))}: {each['msg']}"


def _partner(structure: Structure, departement: str, opaque: Callable[[str], UUID]) -> Partner | str:
    """The partner, or why it is left out."""
    types = {NETWORKS[each] for each in structure.reseaux_porteurs or () if each in NETWORKS}
    if not types:
        return "of no kind that people are referred to"
    if _departement_of(structure) != departement:
        return "in another département"
    if structure.courriel is None:
        return "without an e-mail"
    mobile = _mobile(structure.telephone)
    if mobile is None:
        return "without a mobile number, by which it would get its codes"
    members: dict[str, Any] = {
        "id": f"partner-{opaque(structure.id).hex[:12]}",
        "type": next(type_ for type_ in PartnerType if type_ in types),
        "channels": (
            Channel(channel=NoticeChannel.EMAIL, value=structure.courriel),
            Channel(channel=NoticeChannel.SMS, value=mobile),
        ),
    }
    return Partner(departement=departement, source=PartnerSource.DATA_INCLUSION, **members)


def _departement_of(structure: Structure) -> str | None:
    """By its commune; a postal code may be that of a neighbour, and counts only where no commune is named."""
    code = structure.code_insee or structure.code_postal or ""
    return (code[:3] if code.startswith(OVERSEAS) else code[:2]) or None


def _mobile(telephone: str | None) -> str | None:
    try:
        number = phonenumbers.parse(telephone or "", "FR")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in MOBILE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
