"""What a partner is told: of everything that a report says, the minimum for its type, and nothing more."""

from datetime import date

import pytest

from services.referral.domain.disclosure import AFTER, BEFORE, Item, Told, told
from shared.contracts.person import Address, Consent, Name, PersonOnFile, SafeContact
from shared.contracts.report import Act, CaseFile, Contact, DangerGrid, KnownBy, Minors
from shared.contracts.vocabulary import (
    ActKind,
    AgeBand,
    Category,
    ConsentAnswer,
    ContactChannel,
    LegalGround,
    Need,
    Origin,
    PartnerType,
    Role,
    Sex,
    Weekday,
)

TODAY = date(2026, 11, 23)
IDENTITY = {Item.NAME, Item.CONTACT, Item.BIRTH_DATE, Item.ADDRESS}
NEVER = ("zq-note", "zq-act", "zq-officer", "zq-why", "zq-other", "a" * 64, "suspect", "Mis en cause")

FULL = CaseFile(
    act=Act(kind=ActKind.PLAINTE, reference="zq-act"),
    origin=Origin.OFFICER_AFTER_COMPLAINT,
    officer="zq-officer",
    categories=tuple(Category),
    penal=True,
    persons=(
        PersonOnFile(
            concerned=True,
            role=Role.VICTIM,
            age_band=AgeBand.FROM_25,
            sex=Sex.F,
            birth_date=date(1990, 4, 2),
            address=Address(lines=("zq 3 rue des Lilas",), insee_commune="31555"),
            languages=("so",),
            consent=Consent(contact_by_iscg=ConsentAnswer.GIVEN, why="zq-why"),
            needs=tuple(Need),
        ),
        PersonOnFile(concerned=False, role=Role.SUSPECT, age_band=AgeBand.FROM_40, sex=Sex.M),
    ),
    minors=Minors(count=2, age_bands=(AgeBand.FROM_3, AgeBand.FROM_6), witnessed=True),
    danger_grid=DangerGrid(version="2019-11", yes=13, red=2),
    legal_ground=LegalGround.MINOR_IN_DANGER,
    partners_asked=tuple(PartnerType),
    note="zq-note",
    known_by=KnownBy(names=("a" * 64,)),
)
CONTACT = Contact(
    name=Name(family="Zq-Zweigelbaum", given="Ondine"),
    safe_contact=SafeContact(
        channel=ContactChannel.SMS,
        value="+33639980001",
        days=(Weekday.MON,),
        from_="09:00",
        to="16:30",
        zone="Europe/Paris",
        never_call=True,
        valid_until=TODAY,
    ),
)
HERS = ("Zq-Zweigelbaum", "Ondine", "+33639980001", "zq 3 rue des Lilas", "1990-04-02")


def texts(items: tuple[Told, ...]) -> str:
    return " ".join(value for each in items for value in each.values)


@pytest.mark.parametrize("partner", PartnerType)
def test_before_it_accepts_a_partner_gets_the_rows_of_its_type_and_nothing_more(partner: PartnerType) -> None:
    items = told(partner, FULL, None, TODAY)
    assert [each.item for each in items] == list(BEFORE[partner])
    for hidden in (*NEVER, *HERS):
        assert hidden not in texts(items)
    assert not {each.item for each in items} & IDENTITY


@pytest.mark.parametrize("partner", PartnerType)
def test_after_it_accepts_a_partner_learns_who_she_is_and_nothing_beside_its_rows(partner: PartnerType) -> None:
    items = told(partner, FULL, CONTACT, TODAY)
    assert [each.item for each in items] == [*BEFORE[partner], *AFTER[partner]]
    assert "Ondine Zq-Zweigelbaum" in texts(items)
    for hidden in NEVER:
        assert hidden not in texts(items)


@pytest.mark.parametrize("partner", PartnerType)
def test_each_row_says_why_this_partner_needs_it(partner: PartnerType) -> None:
    assert all({**BEFORE[partner], **AFTER[partner]}.values())
    assert not set(BEFORE[partner]) & IDENTITY


def test_how_to_reach_her_comes_with_the_rules_that_keep_her_safe() -> None:
    [contact] = [each for each in told(PartnerType.CIDFF, FULL, CONTACT, TODAY) if each.item is Item.CONTACT]
    assert contact.values == (
        "SMS : +33639980001",
        "lundi",
        "de 09:00 à 16:30 (Europe/Paris)",
        "Ne jamais appeler",
        "Ne pas laisser de message vocal",
    )


def test_a_contact_that_is_safe_no_more_is_not_told() -> None:
    items = told(PartnerType.CIDFF, FULL, CONTACT, date(2026, 11, 24))
    assert Item.CONTACT not in {each.item for each in items}
    assert "+33639980001" not in texts(items)
