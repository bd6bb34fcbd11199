"""Who else may help, and what lets them be told when the person did not agree."""

from collections.abc import Mapping
from typing import NamedTuple

from shared.contracts.vocabulary.code import Code


class PartnerType(Code):
    """Type de partenaire, d'après le schéma data·inclusion là où il a un code."""

    SIAO = "siao", "SIAO (115, hébergement d'urgence)"
    CIDFF = "cidff", "CIDFF (droits des femmes et des familles)"
    FRANCE_VICTIMES = "france-victimes", "France Victimes (aide aux victimes)"
    CCAS_CIAS = "ccas-cias", "CCAS ou CIAS"
    DEPARTEMENT_SOCIAL = "departement-social", "Service social de secteur du département"
    CRIP = "crip", "CRIP (information préoccupante)"
    PARQUET = "parquet", "Parquet (signalement, demande de TGD)"
    UMJ = "umj", "Unité médico-judiciaire"
    CMP = "cmp", "Centre médico-psychologique"
    CAF_MSA = "caf-msa", "CAF ou MSA (aide universelle d'urgence)"
    ASE = "ase", "Aide sociale à l'enfance"
    ADDICTION = "addiction", "Addictologie (CSAPA, CAARUD)"
    LAWYER = "lawyer", "Avocat"
    OTHER = "other", "Autre"


class LegalGround(Code):
    """Fondement légal d'une transmission sans l'accord de la personne."""

    MINOR_IN_DANGER = "minor-in-danger", "Mineur en danger"
    PERSON_UNABLE_TO_PROTECT_HERSELF = "person-unable-to-protect-herself", "Personne hors d'état de se protéger"
    JUDICIAL_REQUISITION = "judicial-requisition", "Réquisition judiciaire"
    VITAL_EMERGENCY = "vital-emergency", "Urgence vitale"


class Fit(NamedTuple):
    """The partners whom a legal ground lets be told, and the text that says so."""

    partners: frozenset[PartnerType]
    source: str


GROUND_FITS: Mapping[LegalGround, Fit] = {
    LegalGround.MINOR_IN_DANGER: Fit(
        frozenset({PartnerType.CRIP, PartnerType.PARQUET, PartnerType.ASE}),
        "Code de l'action sociale et des familles, art. L226-2-1 et L226-4",
    ),
    LegalGround.PERSON_UNABLE_TO_PROTECT_HERSELF: Fit(
        frozenset({PartnerType.PARQUET, PartnerType.DEPARTEMENT_SOCIAL}),
        "Code pénal, art. 226-14, 1°",
    ),
    LegalGround.JUDICIAL_REQUISITION: Fit(
        frozenset({PartnerType.PARQUET}),
        "Code de procédure pénale, art. 60-1 et 77-1-1",
    ),
    LegalGround.VITAL_EMERGENCY: Fit(
        frozenset({PartnerType.PARQUET, PartnerType.UMJ}),
        "Code pénal, art. 223-6",
    ),
}


def can_be_told(partner: PartnerType, ground: LegalGround | None) -> bool:
    """Whether a legal ground lets this kind of partner be told without the person's consent."""
    return ground is not None and partner in GROUND_FITS[ground].partners


class PartnerAnswer(Code):
    """Réponse d'un partenaire à une orientation."""

    SEEN = "seen", "Vue"
    SCHEDULED = "scheduled", "Rendez-vous fixé"
    ACCEPTED = "accepted", "Acceptée"
    COMPLETED = "completed", "Réalisée"
    REFUSED = "refused", "Refusée"
    NO_SHOW = "no-show", "Personne non venue"


class CancelReason(Code):
    """Motif d'annulation d'une orientation."""

    CONSENT_WITHDRAWN = "consent-withdrawn", "Accord retiré"
    CASE_ENDED = "case-ended", "Saisine terminée"
    BY_ISCG = "by-iscg", "Décision de l'ISCG"
    DUPLICATE = "duplicate", "Doublon d'une autre orientation"
