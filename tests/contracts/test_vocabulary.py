"""The closed lists, as the domain has them."""

import re

import pytest

from shared.contracts import vocabulary
from shared.contracts.vocabulary import Code, closed_lists

LISTS = closed_lists()
ACRONYMS = {"F", "M", "X", "75+"}


@pytest.mark.parametrize("codes", LISTS)
def test_every_code_is_kebab_case_and_has_a_french_label(codes: type[Code]) -> None:
    assert codes.__doc__
    for member in codes:
        assert member.value in ACRONYMS or re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", member.value)
        assert member.label


@pytest.mark.parametrize("codes", LISTS)
def test_every_list_may_be_imported_by_its_name(codes: type[Code]) -> None:
    assert codes.__name__ in vocabulary.__all__


@pytest.mark.parametrize(
    ("codes", "written"),
    [
        (vocabulary.ActKind, "plainte, main-courante, pvrj, intervention, none"),
        (vocabulary.Role, "victim, suspect, witness, relative, other"),
        (vocabulary.Sex, "F, M, X, unknown"),
        (vocabulary.AgeBand, "0-2, 3-5, 6-10, 11-14, 15-17, 18-24, 25-39, 40-59, 60-74, 75+, unknown"),
        (vocabulary.ConsentAnswer, "given, refused, not-asked"),
        (vocabulary.ConsentHow, "oral, written, by-representative"),
        (
            vocabulary.LegalGround,
            "minor-in-danger, person-unable-to-protect-herself, judicial-requisition, vital-emergency",
        ),
        (
            vocabulary.PartnerType,
            "siao, cidff, france-victimes, ccas-cias, departement-social, crip, parquet, umj, cmp, caf-msa, ase, "
            "addiction, lawyer, other",
        ),
        (
            vocabulary.Need,
            "shelter, food, income, housing, rights, health, mental-health, children, mediation, protection, "
            "administrative, transport, language, disability, other",
        ),
        (
            vocabulary.Purpose,
            "follow-up, first-contact, absence-cover, coordination, break-glass, set-aside-repair, inspection, "
            # The last is ours: machines open files to count them, for no purpose of the others.
            "person-request, audit, statistics",
        ),
        (
            vocabulary.RejectReason,
            "invalid, too-large, unknown-station, station-not-allowed, report-id-reused, stale-revision",
        ),
        (vocabulary.Standing, "received, rejected, counted, taken-in-charge, not-reachable, closed"),
        (vocabulary.Urgency, "immediate, urgent, standard"),
        (vocabulary.EscalationReason, "nobody, not-accepted, not-placed"),
        (vocabulary.RecipientRole, "iscg, cover, coordinator, on-call, partner, person"),
    ],
)
def test_a_list_holds_the_codes_of_the_domain_and_no_others(codes: type[Code], written: str) -> None:
    assert ", ".join(codes) == written
