"""What vendors read is what the contract says."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from shared.contracts.check import Report, check_report, check_withdrawal
from shared.contracts.depth import DEEPEST
from shared.contracts.documents import ROOT
from shared.contracts.events import ReceiptIssued, ReportSubmitted, WithdrawalSubmitted
from shared.contracts.faults import MOST_FAULTS
from shared.contracts.forms import LONGEST_LIST
from shared.contracts.ids import NAMESPACE
from shared.contracts.report import LARGEST_REPORT
from shared.contracts.schemas import schemas
from shared.contracts.vocabulary import FaultCode, RejectReason
from tests.contracts.builders import EXAMPLES, a_clear_part, a_content, a_withdrawal

README = (ROOT / "docs/stations/README.md").read_text()
REPORT = (ROOT / "docs/stations/report.md").read_text()
Members = Iterator[tuple[str, bool, bool]]


def _members(schema: Mapping[str, Any], definitions: Mapping[str, Any], at: str = "") -> Members:
    """Pointer of each member, whether it is required inside its object, and whether it may be null."""
    if "$ref" in schema:
        yield from _members(definitions[schema["$ref"].removeprefix("#/$defs/")], definitions, at)
    for each in schema.get("anyOf", []):
        yield from _members(each, definitions, at)
    if "items" in schema:
        yield from _members(schema["items"], definitions, f"{at}/-")
    for name, member in schema.get("properties", {}).items():
        yield f"{at}/{name}", name in schema["required"], {"type": "null"} in member.get("anyOf", [])
        yield from _members(member, definitions, f"{at}/{name}")


def _of_report() -> set[tuple[str, bool, bool]]:
    clear = schemas()[ReportSubmitted.type]
    content = schemas()[f"{ReportSubmitted.type}.content"]
    return {*_members(clear, clear["$defs"]), *_members(content, content["$defs"], "/content")}


def test_every_member_of_a_report_is_described_and_no_other() -> None:
    told = re.findall(r"^\| `(/[^`]*)` \| (yes|no|of the person concerned) \| (.*) \|$", REPORT, re.MULTILINE)
    assert len(told) == len(_of_report())
    assert {
        (pointer, required == "yes", required != "yes" and "not null" not in meaning)
        for pointer, required, meaning in told
    } == _of_report()


def test_every_member_of_a_withdrawal_is_described() -> None:
    told = re.findall(r"^\| `(\w+)` \| yes \|", REPORT.split("## A withdrawal")[1].split("##")[0], re.MULTILINE)
    assert told == list(WithdrawalSubmitted.model_fields)


def test_every_code_of_a_fault_is_explained() -> None:
    assert re.findall(r"^\| `([a-z-]+)` \|", REPORT.split("## Faults")[1], re.MULTILINE) == list(FaultCode)


def test_every_reason_to_reject_is_among_the_outcomes() -> None:
    assert all(f"`{reason}`" in README for reason in RejectReason)


def test_every_member_of_a_receipt_is_described() -> None:
    rows = re.findall(
        r"^\| ((?:`\w+`(?:, )?)+) \| .* \| .* \|$", README.split("## The receipt")[1].split("\n### ")[0], re.MULTILINE
    )
    told = [name for row in rows for name in re.findall(r"\w+", row)]
    assert told == list(ReceiptIssued.model_fields)


def test_the_limits_are_those_that_are_enforced() -> None:
    limits = README.split("## Limits")[1].split("##")[0]
    assert f"{LARGEST_REPORT:,}".replace(",", " ") in limits
    assert f"{DEEPEST} levels" in limits
    assert f"{LONGEST_LIST} members" in limits
    assert f"{MOST_FAULTS}, then one more" in limits


def test_the_namespace_is_published() -> None:
    assert f"`{NAMESPACE}`" in README


def test_the_examples_keep_the_contract() -> None:
    assert isinstance(check_report(a_clear_part(), a_content()), Report)
    ReceiptIssued.model_validate(orjson.loads((EXAMPLES / "receipt.json").read_bytes()))
    assert isinstance(check_withdrawal(a_withdrawal()), WithdrawalSubmitted)


def test_every_link_of_the_pages_leads_somewhere() -> None:
    for page in (README, REPORT, *(path.read_text() for path in (ROOT / "docs/stations").glob("*.md"))):
        for link, anchor in re.findall(r"\]\(([^)#]*)(#[^)]*)?\)", page):
            target = ROOT / "docs/stations" / link if link else None
            assert target is None or target.exists(), link
            text = page if target is None else target.read_text() if anchor else ""
            headings = {re.sub(r"[^a-z0-9 -]", "", each.lower()).replace(" ", "-") for each in _headings(text)}
            assert not anchor or anchor[1:] in headings, anchor


def _headings(page: str) -> list[str]:
    return re.findall(r"^#+ (.*)$", page, re.MULTILINE)
