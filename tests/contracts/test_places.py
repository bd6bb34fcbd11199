"""Postal codes and communes: in which département they are."""

import pytest
from pydantic import TypeAdapter

from shared.contracts.forms import Departement
from shared.contracts.places import SHARED_OR_ELSEWHERE, departement_of_commune, departements_of_postal_code

DEPARTEMENT: TypeAdapter[str] = TypeAdapter(Departement)


@pytest.mark.parametrize(
    ("code", "departements"),
    [
        ("20000", ("2A",)),
        ("20190", ("2A",)),
        ("20200", ("2B",)),
        ("20620", ("2B",)),
        ("97133", ("977",)),
        ("97150", ("978",)),
        ("97400", ("974",)),
        ("97500", ("975",)),
        ("98714", ("987",)),
        ("75011", ("75",)),
        ("01200", ("01", "74")),
        ("94390", ("91",)),
    ],
)
def test_a_postal_code_is_of_the_departements_that_la_poste_lists(code: str, departements: tuple[str, ...]) -> None:
    assert departements_of_postal_code(code) == departements


@pytest.mark.parametrize(
    ("code", "departement"), [("2A004", "2A"), ("31555", "31"), ("97411", "974"), ("98415", "984")]
)
def test_a_commune_code_begins_with_its_departement(code: str, departement: str) -> None:
    assert departement_of_commune(code) == departement


def test_every_departement_of_the_exceptions_is_one() -> None:
    assert all(DEPARTEMENT.validate_python(each) for found in SHARED_OR_ELSEWHERE.values() for each in found)
