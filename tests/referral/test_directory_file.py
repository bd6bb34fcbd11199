"""Partners as the public directory data·inclusion names them: who is taken, who is left out, and what is kept."""

import json
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest
from data_inclusion.schema.v1 import ReseauPorteur  # type: ignore[import-untyped] # it ships no types
from hypothesis import given
from hypothesis import strategies as st

from services.referral.directory_file import NETWORKS, Directory, UnusableDirectory, read_directory_file
from services.referral.domain.partners import Partner, PartnerSource
from services.referral.domain.roster import Entry, Roster, changes, changes_of_directory
from shared.contracts.ids import NAMESPACE
from shared.contracts.vocabulary import PartnerType
from tests.referral.builders import a_coordinator, a_partner, a_post

TODAY = date(2026, 11, 23)
MOBILE, LANDLINE = "+33612345678", "+33561990123"
"""The first is the example of `phonenumbers`: the numbers set apart for fiction are valid to no library."""


def a_structure(**changes: Any) -> dict[str, Any]:
    told = {
        "source": "dora",
        "id": "dora--1",
        "nom": "Une structure",
        "date_maj": "2026-01-01",
        "code_insee": "31555",
        "adresse": "1 rue Cachée",
        "courriel": "accueil@structure.example",
        "telephone": MOBILE,
        "reseaux_porteurs": ["cidff"],
    }
    return told | changes


def opaque(id_: str) -> UUID:
    return uuid5(NAMESPACE, id_)


def read(tmp_path: Path, *structures: Any, text: str | None = None, departement: str = "31") -> Directory:
    path = tmp_path / "structures.json"
    path.write_text(text if text is not None else json.dumps(structures), "utf-8")
    return read_directory_file(path, departement, opaque)


def test_a_partner_is_taken_with_its_kind_and_the_ways_to_tell_it_and_nothing_else(tmp_path: Path) -> None:
    [partner] = read(tmp_path, a_structure()).partners
    assert (partner.type, partner.departement, partner.source) == ("cidff", "31", PartnerSource.DATA_INCLUSION)
    assert [each.value for each in partner.channels] == ["accueil@structure.example", MOBILE]
    kept = partner.model_dump_json()
    assert "Cachée" not in kept and "Une structure" not in kept
    assert "dora" not in partner.id and "cidff" not in partner.id


def test_the_same_structure_is_the_same_partner_the_next_time(tmp_path: Path) -> None:
    assert read(tmp_path, a_structure()).partners == read(tmp_path, a_structure(nom="Autrement")).partners


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"reseaux_porteurs": ["mission-locale"]}, "kind"),
        ({"reseaux_porteurs": None}, "kind"),
        ({"code_insee": "09122"}, "another département"),
        ({"code_insee": None, "code_postal": "97410"}, "another département"),
        ({"courriel": None}, "e-mail"),
        ({"telephone": LANDLINE}, "mobile"),
        ({"telephone": "à l'accueil"}, "mobile"),
        ({"telephone": None}, "mobile"),
        ({"courriel": "voir le site"}, "e-mail"),
        ({"reseaux_porteurs": ["a-network-of-next-year"]}, "kind"),
        ({"code_insee": "nulle part"}, "can't be read"),
    ],
)
def test_whoever_can_not_be_referred_to_is_left_out_and_counted(
    tmp_path: Path, changes: dict[str, Any], why: str
) -> None:
    found = read(tmp_path, a_structure(**changes), a_structure(id="dora--2"))
    assert len(found.partners) == 1
    [(reason, many)] = found.left_out.items()
    assert why in reason and many == 1


def test_where_no_commune_is_named_the_postal_code_tells_the_departement(tmp_path: Path) -> None:
    assert read(tmp_path, a_structure(code_insee=None, code_postal="31000")).partners


def test_a_structure_of_several_networks_is_of_the_kind_that_stands_first(tmp_path: Path) -> None:
    [partner] = read(tmp_path, a_structure(reseaux_porteurs=["ase", "siao"])).partners
    assert partner.type is PartnerType.SIAO


def test_every_fault_is_told_by_its_place_and_never_what_was_given(tmp_path: Path) -> None:
    found = read(tmp_path, a_structure(), a_structure(code_insee="nulle part", telephone=5), {"nom": "?"})
    assert len(found.partners) == 1
    assert [each.split(":")[0] for each in found.faults] == ["/1/code_insee", "/1/telephone", "/2/id"]
    assert "nulle part" not in str(found.faults)


def test_a_directory_of_which_nothing_can_be_read_is_refused(tmp_path: Path) -> None:
    for structures in ([], [{"nom": "?"}, {"id": 5}]):
        with pytest.raises(UnusableDirectory):
            read(tmp_path, *structures)


@pytest.mark.parametrize(
    ("departement", "place", "telephone"),
    [
        ("2A", {"code_postal": "20090"}, MOBILE),
        ("2B", {"code_postal": "20200"}, MOBILE),
        ("977", {"code_postal": "97133"}, "0690 27 12 34"),
        ("978", {"code_postal": "97150"}, "0690 27 12 34"),
        ("974", {"code_insee": "97411"}, "0692 12 34 56"),
        ("987", {"code_postal": "98714"}, "87 12 34 56"),
        ("74", {"code_postal": "01200"}, MOBILE),
        ("01", {"code_postal": "01200"}, MOBILE),
    ],
)
def test_a_partner_is_found_in_its_departement_wherever_that_is(
    tmp_path: Path, departement: str, place: dict[str, str], telephone: str
) -> None:
    where = {"code_insee": None, "code_postal": None} | place
    assert read(tmp_path, a_structure(telephone=telephone, **where), departement=departement).partners


@pytest.mark.parametrize("text", ["", "{}", "[1]", "[" * 100_000, "\x00", '{"structures": []}'])
def test_what_is_no_directory_is_refused_in_a_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnusableDirectory):
        read(tmp_path, text=text)


@given(st.sets(st.sampled_from(ReseauPorteur), min_size=1))
def test_only_kinds_that_we_know_are_made_of_networks(networks: set[ReseauPorteur]) -> None:
    assert {NETWORKS[each] for each in networks if each in NETWORKS} <= set(PartnerType)


def listed(id_: str, **changes: Any) -> Partner:
    return a_partner(PartnerType.CIDFF, id_).model_copy(update={"source": PartnerSource.DATA_INCLUSION} | changes)


def test_what_the_directory_names_no_more_ends_and_what_was_entered_by_hand_stays() -> None:
    by_hand, gone, elsewhere = a_partner(PartnerType.CIDFF), listed("gone"), listed("there", departement="09")
    made = changes_of_directory([by_hand, gone, elsewhere], [listed("new")], "31", TODAY)
    assert [(each.name, each.kind) for each in made] == [("new", "register"), ("gone", "end")]
    known = [by_hand, elsewhere, *(each.after for each in made)]
    assert changes_of_directory(known, [listed("new")], "31", TODAY) == []


def test_a_roster_leaves_the_directorys_partners_as_they_are() -> None:
    roster = Roster(posts=(a_post(),), coordinators=(a_coordinator(),), partners=())
    known: list[Entry] = [a_post(), a_coordinator(), listed("listed"), a_partner(PartnerType.CIDFF)]
    assert [(each.name, each.kind) for each in changes(known, roster, TODAY)] == [("partner-h7q2", "end")]
