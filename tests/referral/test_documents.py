"""What `docs/` says of cases and of the doors is what the tables say."""

from pathlib import Path

import orjson

from services.referral.documents import documents, openapi
from services.referral.http.refusing import CONFLICTS
from shared.contracts.documents import ROOT, differing

DOORS = ROOT / "docs/referral/README.md"


def test_the_pages_say_what_the_tables_say() -> None:
    assert differing(documents()) == []


def test_every_reason_of_a_refusal_is_explained() -> None:
    page = Path(DOORS).read_text("utf-8")
    assert not [reason for reason in CONFLICTS.values() if f"| `{reason}` |" not in page]


def test_an_act_on_a_case_tells_the_headers_that_it_needs() -> None:
    paths = orjson.loads(openapi())["paths"]
    named = {each["name"] for each in paths["/v1/cases/{case_id}/acceptance"]["post"]["parameters"]}
    assert named == {"case_id", "If-Match", "Idempotency-Key"}
    assert "If-Match" not in str(paths["/v1/cases"]["get"])
