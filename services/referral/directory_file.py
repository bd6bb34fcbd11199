"""Reads partners from a file of data·inclusion, the public directory of those who help (schema v1, structures).

Of each it takes its kind, its département and the ways to tell it, and nothing else: no name and no address, so that
none which is kept secret can be shown or sent. Source of the codes: `data-inclusion-schema`, `ReseauPorteur`.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from data_inclusion.schema.v1 import ReseauPorteur  # type: ignore[import-untyped] # it ships no types
from pydantic import BaseModel, StringConstraints, ValidationError

from services.referral.domain.partners import Partner, PartnerSource
from shared.contracts.blocks import Channel
from shared.contracts.phones import Line, plan_of, read_phone
from shared.contracts.places import departement_of_commune, departements_of_postal_code
from shared.contracts.reachable import email_address
from shared.contracts.vocabulary import NoticeChannel, PartnerType
from shared.files.faults import UnusableFile, faults_of
from shared.files.text import read_text

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
UNREADABLE = "that can't be read"


class UnusableDirectory(UnusableFile):
    """The directory can't be used; nothing of it was kept. What is wrong, and where:"""


class Directory(NamedTuple):
    """The partners of a département that a file names, and how many it names besides, by why they are left out.

    `faults` say by its place what can't be read of a row, and never what was given.
    """

    partners: tuple[Partner, ...]
    left_out: Mapping[str, int]
    faults: tuple[str, ...] = ()


class Row(BaseModel):
    """The columns of a structure that are used here. The directory may know others, and other codes than we."""

    id: Annotated[str, StringConstraints(min_length=1)]
    code_insee: Annotated[str, StringConstraints(pattern=r"^[0-9][0-9AB][0-9]{3}$")] | None = None
    code_postal: Annotated[str, StringConstraints(pattern=r"^[0-9]{5}$")] | None = None
    courriel: str | None = None
    telephone: str | None = None
    reseaux_porteurs: tuple[str, ...] | None = None

    def departements(self) -> tuple[str, ...]:
        """By its commune; a postal code may be that of a neighbour, and counts only where no commune is named."""
        if self.code_insee:
            return (departement_of_commune(self.code_insee),)
        return departements_of_postal_code(self.code_postal) if self.code_postal else ()


def read_directory_file(path: Path, departement: str, opaque: Callable[[str], UUID]) -> Directory:
    """The partners of a département. `opaque` makes of a public id one that tells nobody whose it is.

    A row that can't be read is left out and named; raises `UnusableDirectory` where none can be.
    """
    left_out, partners, faults = Counter[str](), dict[str, Partner](), list[str]()
    rows = _rows(path)
    for n, row in enumerate(rows):
        read = _read(n, row)
        found = _partner(read, departement, opaque) if isinstance(read, Row) else UNREADABLE
        if isinstance(found, Partner):
            partners[found.id] = found
        else:
            left_out[found] += 1
        faults += read if isinstance(read, list) else []
    if left_out[UNREADABLE] == len(rows):
        raise UnusableDirectory(faults or ["/: the list is empty"])
    return Directory(tuple(partners.values()), left_out, tuple(faults))


def _rows(path: Path) -> Sequence[object]:
    try:
        rows = json.loads(read_text(path))
    except UnusableFile as refusal:
        raise UnusableDirectory(refusal.faults) from None
    except (ValueError, RecursionError) as error:
        raise UnusableDirectory([f"{path.name} can't be read as JSON ({type(error).__name__})"]) from None
    if not isinstance(rows, list):
        raise UnusableDirectory(["/: a list of structures is expected (data·inclusion, schema v1)"])
    return rows


def _read(n: int, row: object) -> Row | list[str]:
    try:
        return Row.model_validate(row)
    except ValidationError as error:
        return [f"/{n}{fault}" for fault in faults_of(error, {})]


def _partner(row: Row, departement: str, opaque: Callable[[str], UUID]) -> Partner | str:
    """The partner, or why it is left out."""
    types = {NETWORKS[each] for each in row.reseaux_porteurs or () if each in NETWORKS}
    if departement not in row.departements():
        return "in another département"
    if not types:
        return "of no kind that people are referred to"
    email = email_address((row.courriel or "").strip())
    if email is None:
        return "without an e-mail"
    mobile = _mobile(row.telephone, departement)
    if mobile is None:
        return "without a mobile number, by which it would get its codes"
    members: dict[str, Any] = {
        "id": f"partner-{opaque(row.id).hex[:12]}",
        "type": next(type_ for type_ in PartnerType if type_ in types),
        "channels": (
            Channel(channel=NoticeChannel.EMAIL, value=email),
            Channel(channel=NoticeChannel.SMS, value=mobile),
        ),
    }
    return Partner(departement=departement, source=PartnerSource.DATA_INCLUSION, **members)


def _mobile(telephone: str | None, departement: str) -> str | None:
    phone = read_phone(telephone or "", plan_of(departement))
    return phone.e164 if phone and phone.line is Line.MOBILE else None
