from shared.contracts.documents import differing
from shared.web.documents import documents
from shared.web.roles import LABELS, Role


def test_the_pages_say_what_the_tables_say() -> None:
    assert differing(documents()) == []


def test_every_role_has_its_french_name() -> None:
    assert set(LABELS) == set(Role)
