"""A person is told again however her name is spelt, and by nothing less than name, given name and day of birth."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.person import Person
from shared.contracts.recognition import email_key, name_keys, names, phone_key
from shared.contracts.report import ReportContent
from tests.contracts.builders import Change, a_content, setting


def a_person(*changes: Change) -> Person:
    return ReportContent.model_validate(a_content(*changes)).concerned


def named(family: Any, given_name: Any = "Zoé", born: Any = "1990-04-02") -> Person:
    name = {"family": family} | ({"given": given_name} if given_name else {})
    return a_person(setting(name, "persons", 0, "name"), setting(born, "persons", 0, "birth_date"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Lefèvre", "LEFEVRE"),
        ("de La Tour", "Latour"),
        ("d'Alembert", "Dalembert d’Alembert"),
        ("Saint-Exupéry", "saint exupery"),
        ("Cœur", "COEUR"),
        ("Martin née Dupont", "DUPONT"),
        ("Dupont épouse Martin", "Martin"),
        ("Dupont-Martin", "Martin"),
        ("van der Berg", "Berg"),
        ("Nguyễn", "Nguyen"),
        ("Müller", "Müller"),
        ("LE GOFF", "Legoff"),
        ("Ben Ahmed", "BENAHMED"),
        ("N'Diaye", "Ndiaye"),
        ("Vaʻa", "Vaa"),
        ("Vaʼa", "VA'A"),
        ("Aït Ben Ali", "Ait-Benali"),
        ("Saint-Martin épouse Ben Salah", "Bensalah"),
        ("Abd El Kader", "Abdelkader"),
        ("DUPONT EPSE MARTIN", "Martin"),
        ("X se disant Martin", "MARTIN"),
        ("Mme Dupont", "Dupont"),
        ("Nom d'usage : Martin", "Martin"),
        ("李", "李"),
    ],
)
def test_one_name_in_two_spellings_is_told_again(one: str, other: str) -> None:
    assert names(one) & names(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Martin", "Marten"),
        ("Dupont", "Dupond"),
        ("Le Goff", "Legal"),
        ("Ben Ahmed", "Ben Salah"),
        ("N'Diaye", "N'Dour"),
        ("Saint-Jean", "Saint-Martin"),
        ("St Jean", "St Martin"),
        ("Mac Kay", "Mac Leod"),
        ("Abou Bakr", "Abou Diop"),
        ("Abd El Kader", "Abd El Rahman"),
        ("Ben El Haj", "Ben El Mokhtar"),
        ("Dupont epse Martin", "Durand epse Petit"),
        ("Dupont divorcée Martin", "Durand divorcée Petit"),
        ("Mme Dupont", "Mme Martin"),
        ("Nom d'usage : Martin", "Nom d'usage : Dupont"),
        ("X se disant Martin", "X se disant Dupont"),
        ("Inconnue", "INCONNUE"),
        ("Nom non renseigné", "non renseigné"),
        ("SNP", "SNP"),
        ("X", "X"),
        ("XXX", "xxx"),
        ("D.", "D."),
    ],
)
def test_nothing_more_is_guessed(one: str, other: str) -> None:
    assert not names(one) & names(other)


def test_a_name_alone_tells_nobody() -> None:
    assert name_keys(named("Dupont", None)) == []
    assert name_keys(named("Dupont", "Zoé", None)) == []
    assert name_keys(named("Dupont")) == ["dupont zoe 1990-04-02"]
    assert name_keys(named("Dupont", "Zoé Marie")) == name_keys(named("DUPONT", "zoe"))


def test_a_number_and_an_address_are_told_again_however_they_are_written() -> None:
    by = ("persons", 0, "contact")
    assert phone_key(a_person(setting("06 39 98 00 01", *by, "value"))) == "+33639980001" == phone_key(a_person())
    mail = (
        setting("email", *by, "channel"),
        setting(False, *by, "never_call"),
        setting("Zoe@Exemple.FR", *by, "value"),
    )
    assert (phone_key(a_person(*mail)), email_key(a_person(*mail))) == (None, "zoe@exemple.fr")
    assert email_key(a_person(setting(None, *by))) is None


@given(st.text(max_size=120))
def test_any_text_is_a_name_or_none_and_capitals_never_matter(text: str) -> None:
    found = names(text)
    assert all(re.fullmatch(r"[^\W_]+", name) for name in found)
    if text.isascii():
        assert found == names(text.upper()) == names(f" {text.lower()}-")
