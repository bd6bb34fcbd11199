"""Évaluation des besoins sociaux: which kinds of partner could help, and why. A proposal, never a decision.

The table is ours: it says what each kind of partner is there for, by the needs and the problems that were found.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from services.referral.domain.consent import may_be_told
from services.referral.domain.partners import Partner
from services.referral.domain.urgency import is_characterised
from shared.contracts.fields import Block
from shared.contracts.forms import OpaqueCode
from shared.contracts.report import CaseFile
from shared.contracts.vocabulary import Category, Need, PartnerType

_P, _N, _C = PartnerType, Need, Category
FOR_NEEDS: Mapping[Need, tuple[PartnerType, ...]] = {
    _N.SHELTER: (_P.SIAO,),
    _N.FOOD: (_P.CCAS_CIAS,),
    _N.INCOME: (_P.CAF_MSA, _P.DEPARTEMENT_SOCIAL),
    _N.HOUSING: (_P.DEPARTEMENT_SOCIAL, _P.CCAS_CIAS),
    _N.RIGHTS: (_P.CIDFF, _P.LAWYER, _P.FRANCE_VICTIMES),
    _N.HEALTH: (_P.UMJ,),
    _N.MENTAL_HEALTH: (_P.CMP,),
    _N.CHILDREN: (_P.DEPARTEMENT_SOCIAL, _P.ASE),
    _N.MEDIATION: (_P.OTHER,),
    _N.PROTECTION: (_P.PARQUET, _P.FRANCE_VICTIMES),
    _N.ADMINISTRATIVE: (_P.CCAS_CIAS,),
    _N.TRANSPORT: (_P.CCAS_CIAS,),
    _N.LANGUAGE: (_P.OTHER,),
    _N.DISABILITY: (_P.DEPARTEMENT_SOCIAL,),
    _N.OTHER: (_P.OTHER,),
}
FOR_CATEGORIES: Mapping[Category, tuple[PartnerType, ...]] = {
    _C.VIOLENCE_IN_COUPLE: (_P.CIDFF, _P.FRANCE_VICTIMES, _P.CAF_MSA),
    _C.OTHER_FAMILY_VIOLENCE: (_P.FRANCE_VICTIMES,),
    _C.SEXUAL_VIOLENCE: (_P.FRANCE_VICTIMES, _P.UMJ),
    _C.MINOR_IN_DANGER: (_P.CRIP,),
    _C.VULNERABLE_ADULT: (_P.DEPARTEMENT_SOCIAL,),
    _C.HOUSING_LOSS: (_P.SIAO,),
    _C.MENTAL_HEALTH: (_P.CMP,),
    _C.ADDICTION: (_P.ADDICTION,),
    _C.OTHER_OFFENCE_VICTIM: (_P.FRANCE_VICTIMES,),
}
GRAVE_DANGER = "danger-characterised"
"""Why the prosecutor is proposed: only he decides on an emergency phone (téléphone grave danger)."""


class Proposal(Block):
    """One kind of partner: because of what, whether it may be told now, and who it is in the département.

    `because` are codes of needs and problems, or `danger-characterised`. `may_be_told`: by consent or the report's
    legal ground; otherwise she is to be asked first. `partners`: those who were not asked yet, in order.
    """

    partner_type: PartnerType
    because: tuple[str, ...]
    may_be_told: bool
    partners: tuple[OpaqueCode, ...]


def proposals(
    file: CaseFile, needs: Iterable[Need], directory: Sequence[Partner], asked: Iterable[str | None], on: date
) -> tuple[Proposal, ...]:
    """Every kind of partner that could help, in the order of its list; whoever was asked is not proposed again.

    `directory` are the partners of the département in order.
    """
    because: dict[PartnerType, list[str]] = {}
    for reason, types in _reasons(file, needs):
        for type_ in types:
            because.setdefault(type_, []).append(reason)
    before = set(asked)
    return tuple(
        Proposal(
            partner_type=type_,
            because=tuple(because[type_]),
            may_be_told=may_be_told(file, type_, on),
            partners=tuple(each.id for each in directory if each.type is type_ and each.id not in before),
        )
        for type_ in PartnerType
        if type_ in because
    )


def _reasons(file: CaseFile, needs: Iterable[Need]) -> Iterable[tuple[str, tuple[PartnerType, ...]]]:
    if is_characterised(file.danger_grid):
        yield GRAVE_DANGER, (PartnerType.PARQUET,)
    yield from ((need, FOR_NEEDS[need]) for need in dict.fromkeys(needs))
    yield from ((category, FOR_CATEGORIES.get(category, ())) for category in file.categories)
