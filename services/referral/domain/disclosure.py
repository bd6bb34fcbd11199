"""Données transmises: what a partner gets to know of a person, before it accepts and after. One table, by its type.

The choice is ours; the rule is the law's: adequate, relevant and limited to what is necessary (GDPR, article 5(1)(c)).
What stands in no row leaves nowhere: the note, the officer, the act's number, the answers of others, her consents.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from services.referral.domain.urgency import is_characterised
from shared.contracts.fields import Block
from shared.contracts.person import PersonOnFile
from shared.contracts.report import CaseFile, Contact
from shared.contracts.vocabulary import PartnerType
from shared.contracts.vocabulary.code import Code


class Item(Code):
    """Donnée transmise à un partenaire."""

    LANGUAGES = "languages", "Langues parlées"
    AGE_BAND = "age-band", "Tranche d'âge"
    SEX = "sex", "Sexe"
    COMMUNE = "commune", "Commune (code INSEE)"
    NEEDS = "needs", "Besoins"
    MINORS = "minors", "Mineurs présents"
    PENAL = "penal", "Suite pénale"
    ACT = "act", "Acte de l'unité"
    DANGER = "danger", "Danger caractérisé par la grille"
    NAME = "name", "Nom"
    CONTACT = "contact", "Comment la joindre sans danger"
    BIRTH_DATE = "birth-date", "Date de naissance"
    ADDRESS = "address", "Adresse"


_P, _I = PartnerType, Item
_SPOKEN = {_I.LANGUAGES: "Prévoir un interprète"}
_PLACE = {_I.COMMUNE: "Savoir quel service est compétent"}
_CHILDREN = {_I.MINORS: "Protéger les enfants"}

BEFORE: Mapping[PartnerType, Mapping[Item, str]] = MappingProxyType(
    {
        _P.SIAO: {
            **_SPOKEN,
            _I.AGE_BAND: "Choisir la structure",
            _I.SEX: "Choisir la structure",
            _I.MINORS: "Compter les places de la famille",
        },
        _P.CIDFF: {**_SPOKEN, _I.NEEDS: "Choisir la permanence"},
        _P.FRANCE_VICTIMES: {**_SPOKEN, _I.PENAL: "Savoir si une procédure est en cours"},
        _P.CCAS_CIAS: {**_SPOKEN, **_PLACE, _I.NEEDS: "Choisir l'aide"},
        _P.DEPARTEMENT_SOCIAL: {**_SPOKEN, **_PLACE, _I.MINORS: "Choisir l'équipe de secteur"},
        _P.CRIP: {**_CHILDREN, **_PLACE},
        _P.PARQUET: {**_CHILDREN, _I.DANGER: "Apprécier l'attribution d'un téléphone grave danger"},
        _P.UMJ: {_I.SEX: "Choisir le médecin", _I.AGE_BAND: "Choisir l'examen", _I.PENAL: "Savoir qui requiert"},
        _P.CMP: {**_SPOKEN, **_PLACE, _I.AGE_BAND: "Secteur adulte ou infanto-juvénile"},
        _P.CAF_MSA: {_I.ACT: "Condition de l'aide universelle d'urgence", _I.MINORS: "Calculer le montant"},
        _P.ASE: {**_CHILDREN, **_PLACE},
        _P.ADDICTION: {**_SPOKEN, _I.AGE_BAND: "Choisir la consultation"},
        _P.LAWYER: {**_SPOKEN, _I.PENAL: "Choisir la matière"},
        _P.OTHER: _SPOKEN,
    }
)
"""The minimum by which this kind of partner decides whether it can help, and why it needs each."""

_REACHED = {_I.NAME: "L'accueillir", _I.CONTACT: "La joindre sans danger"}
_IDENTIFIED = {_I.BIRTH_DATE: "L'identifier sans erreur", _I.ADDRESS: "Agir au bon endroit"}

AFTER: Mapping[PartnerType, Mapping[Item, str]] = MappingProxyType(
    dict.fromkeys(PartnerType, _REACHED)
    | dict.fromkeys((_P.CRIP, _P.PARQUET, _P.ASE), _REACHED | _IDENTIFIED)
    | {
        _P.CAF_MSA: _REACHED | {_I.BIRTH_DATE: "Ouvrir le droit"},
        _P.UMJ: _REACHED | {_I.BIRTH_DATE: "Établir le certificat"},
    }
)
"""What it learns besides once it has accepted, and why."""


class Told(Block):
    """One thing that a partner is told: which, its label, what it is, and why this partner needs it."""

    item: Item
    label: str
    values: tuple[str, ...]
    why: str


def told(partner: PartnerType, file: CaseFile, contact: Contact | None, on: date) -> tuple[Told, ...]:
    """What a partner of this kind is told so that it can decide; with a contact, what it learns once it has accepted.

    Then it learns besides who she is, and how to reach her without danger, if that still is safe on that day.
    """
    if contact is None:
        return _told(BEFORE[partner], _of_file(file))
    return _told({**BEFORE[partner], **AFTER[partner]}, {**_of_file(file), **_of_contact(contact, on)})


def _told(wanted: Mapping[Item, str], values: Mapping[Item, tuple[str, ...]]) -> tuple[Told, ...]:
    return tuple(
        Told(item=item, label=item.label, values=values[item], why=why)
        for item, why in wanted.items()
        if values.get(item)
    )


def _of_file(file: CaseFile) -> dict[Item, tuple[str, ...]]:
    concerned = next((each for each in file.persons if each.concerned), None)
    return _of_person(concerned) | {
        Item.MINORS: _minors(file),
        Item.PENAL: ("Oui" if file.penal else "Non",),
        Item.ACT: (file.act.kind.label,),
        Item.DANGER: ("Oui",) if is_characterised(file.danger_grid) else (),
    }


def _of_person(person: PersonOnFile | None) -> dict[Item, tuple[str, ...]]:
    if person is None:
        return {}
    address = person.address
    return {
        Item.LANGUAGES: person.languages,
        Item.AGE_BAND: (person.age_band.label,),
        Item.SEX: (person.sex.label,),
        Item.COMMUNE: (address.insee_commune,) if address and address.insee_commune else (),
        Item.NEEDS: tuple(need.label for need in person.needs),
        Item.BIRTH_DATE: (person.birth_date.isoformat(),) if person.birth_date else (),
        Item.ADDRESS: tuple(address.lines) if address else (),
    }


def _minors(file: CaseFile) -> tuple[str, ...]:
    if file.minors is None or not file.minors.count:
        return ()
    return (str(file.minors.count), *(band.label for band in file.minors.age_bands))


def _of_contact(contact: Contact, on: date) -> dict[Item, tuple[str, ...]]:
    name, safe = contact.name, contact.safe_contact
    names = (" ".join(part for part in (name.given, name.family) if part),) if name else ()
    if safe is None or (safe.valid_until and safe.valid_until < on):
        return {Item.NAME: names}
    hours = (f"de {safe.from_} à {safe.to} ({safe.zone})",) if safe.from_ and safe.to else ()
    rules = [("Ne jamais appeler", safe.never_call), ("Ne pas laisser de message vocal", safe.no_voicemail)]
    said = tuple(rule for rule, holds in rules if holds)
    days = (", ".join(day.label.lower() for day in safe.days),) if safe.days else ()
    return {Item.NAME: names, Item.CONTACT: (f"{safe.channel.label} : {safe.value}", *days, *hours, *said)}
