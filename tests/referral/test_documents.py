"""What `docs/` says of cases and of the doors is what the tables say."""

from services.referral.documents import documents
from shared.contracts.documents import differing


def test_the_pages_say_what_the_tables_say() -> None:
    assert differing(documents()) == []
