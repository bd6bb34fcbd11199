"""The pages of a partner without an account, on real servers: link, code, the minimum, an answer, and who she is."""

import re
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest
from pymongo import AsyncMongoClient

from services.referral.http.partner import REFERENCE
from shared.contracts.blocks import Answered
from shared.contracts.events import (
    AccessCodeIssued,
    ReferralAnswered,
    ReferralLinkRenewed,
    ReferralOpened,
    ReferralSent,
)
from shared.contracts.vocabulary import OpenedPart, PartnerAnswer
from shared.vault.links import Codes, Link, Links
from tests.referral.running import Referral, World
from tests.referral.test_doors import CLOSURE, assigned, visitor

LINKS, CODES = Links([b"l" * 32]), Codes([b"c" * 32])
HERS = ("Zweigelbaum", "Ondine")
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
async def referral(world: World) -> Any:
    async with world.running() as running:
        yield running


async def a_link(world: World, referral: Referral) -> Link:
    """The link of a new case's referral to the CIDFF, as its mail has it."""
    report, _, _ = await assigned(world, referral)
    heard = await world.hear(report.case_id, until=ReferralSent)
    [sent] = [each.event for each in heard if isinstance(each.event, ReferralSent)]
    return Link(report.case_id, sent.referral_id, 1)


async def post(world: World, referral: Referral, page: str, **fields: str) -> httpx.Response:
    return await world.client.post(f"{referral.address}/partner/{page}", data=fields)


async def last_code(world: World, link: Link) -> str:
    """The code that was sent last."""
    heard = await world.hear(link.case_id, until=AccessCodeIssued)
    counters = [each.event.counter for each in heard if isinstance(each.event, AccessCodeIssued)]
    return CODES.code(link.referral_id, counters[-1])


async def opened(world: World, referral: Referral, link: Link) -> httpx.Response:
    token = LINKS.token(link)
    asked = await post(world, referral, "code", link=token)
    assert asked.status_code == 200, asked.text
    return await post(world, referral, "opening", link=token, code=await last_code(world, link))


def session_in(page: httpx.Response) -> str:
    found = re.search(r'name="session" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


async def test_the_page_of_a_link_tells_nothing_and_is_kept_nowhere(world: World, referral: Referral) -> None:
    page = await world.client.get(f"{referral.address}/partner")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]


async def test_a_partner_sees_the_minimum_accepts_and_learns_who_she_is(world: World, referral: Referral) -> None:
    link = await a_link(world, referral)
    page = await opened(world, referral, link)
    assert page.status_code == 200, page.text
    assert not [name for name in HERS if name in page.text]
    accepted = await post(world, referral, "answer", session=session_in(page), answer="accepted")
    assert accepted.status_code == 200, accepted.text
    assert "Ondine Zweigelbaum" in accepted.text
    heard = await world.hear(link.case_id, "relais.access", until=ReferralOpened)
    looks = [each.event.opened for each in heard if isinstance(each.event, ReferralOpened)]
    assert looks == [(OpenedPart.FILE,), (OpenedPart.FILE, OpenedPart.CONTACT)]
    said = [each.event for each in await world.hear(link.case_id, until=ReferralLinkRenewed)]
    assert [each.link for each in said if isinstance(each, ReferralLinkRenewed)] == [2]
    assert len([each for each in said if isinstance(each, ReferralAnswered)]) == 1
    done = await post(world, referral, "answer", session=session_in(accepted), answer="completed")
    assert "transmise" in done.text
    assert (await post(world, referral, "code", link=LINKS.token(link._replace(n=2)))).status_code == 410


async def test_a_partner_that_makes_an_appointment_tells_its_day_and_the_iscg_reads_it(
    world: World, referral: Referral
) -> None:
    link = await a_link(world, referral)
    session = session_in(await opened(world, referral, link))
    for wrong in ({"answer": "refused", "appointment_on": "2026-12-04"}, {"appointment_on": "soon"}):
        refused = await post(world, referral, "answer", session=session, **({"answer": "scheduled"} | wrong))
        assert (refused.status_code, "une date va avec" in refused.text) == (422, True)
    answer = {"answer": "scheduled", "appointment_on": "2026-12-04"}
    assert (await post(world, referral, "answer", session=session, **answer)).status_code == 200
    said = [each.event for each in await world.hear(link.case_id, until=ReferralAnswered)]
    [answered] = [each.file for each in said if isinstance(each, ReferralAnswered)]
    assert answered == Answered(answer=PartnerAnswer.SCHEDULED, appointment_on=date(2026, 12, 4))


async def test_a_link_may_be_pasted_whole_and_half_of_one_is_not_said_to_be_answered(
    world: World, referral: Referral
) -> None:
    token = LINKS.token(await a_link(world, referral))
    for pasted in (f"https://relais.example/partner#{token}", f" <{token[:30]}\r\n{token[30:]}>.", f"#{token}"):
        assert (await post(world, referral, "code", link=pasted)).status_code == 200, pasted
    for half in ("", "https://relais.example/partner", token[:30]):
        refused = await post(world, referral, "code", link=half)
        assert (refused.status_code, "incomplète" in refused.text, "plus valable" in refused.text) == (422, True, False)


async def test_an_answer_that_is_sent_twice_counts_once(world: World, referral: Referral) -> None:
    link = await a_link(world, referral)
    session = session_in(await opened(world, referral, link))
    first = await post(world, referral, "answer", session=session, answer="refused", reason="Complet.")
    second = await post(world, referral, "answer", session=session, answer="accepted")
    assert (first.status_code, second.status_code) == (200, 410)
    refusal = Answered(answer=PartnerAnswer.REFUSED, reason="Complet.")
    assert "Zweigelbaum" not in second.text
    said = [each.event for each in await world.hear(link.case_id, until=ReferralAnswered)]
    assert [each.file for each in said if isinstance(each, ReferralAnswered)] == [refusal]


async def test_a_wrong_code_opens_nothing_and_five_of_them_end_it(world: World, referral: Referral) -> None:
    link = await a_link(world, referral)
    token = LINKS.token(link)
    await post(world, referral, "code", link=token)
    right = await last_code(world, link)
    for _ in range(5):
        wrong = await post(world, referral, "opening", link=token, code="00000000" if right != "00000000" else "1")
        assert (wrong.status_code, "n’ouvre rien" in wrong.text) == (422, True)
    assert (await post(world, referral, "opening", link=token, code=right)).status_code == 422


async def test_a_link_without_a_code_opens_nothing(world: World, referral: Referral) -> None:
    link = await a_link(world, referral)
    assert (await post(world, referral, "opening", link=LINKS.token(link), code="12345678")).status_code == 422
    assert (await post(world, referral, "answer", session=LINKS.token(link), answer="accepted")).status_code == 410


@pytest.mark.parametrize(
    "link",
    [
        "",
        "x",
        "é" * 80,
        "<script>alert(1)</script>",
        LINKS.token(Link(UUID(int=1), UUID(int=2), 1)),
        Links([b"f" * 32]).token(Link(UUID(int=1), UUID(int=2), 1)),
    ],
)
async def test_a_foreign_link_leads_nowhere_and_is_not_repeated(world: World, referral: Referral, link: str) -> None:
    incomplete = REFERENCE.fullmatch(link) is None
    for page, fields, status in (("code", {}, 422 if incomplete else 410), ("opening", {"code": "12345678"}, 410)):
        refused = await post(world, referral, page, link=link, **fields)
        assert refused.status_code == status, refused.text
        assert "<script>alert" not in refused.text
        assert refused.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"&".join([b"a=1"] * 500), b'{"link": 1}', b"link=%00&code=%F0%28"])
async def test_whatever_is_sent_instead_of_a_form_is_refused_on_a_page(
    world: World, referral: Referral, body: bytes
) -> None:
    for page in ("code", "opening", "answer"):
        refused = await world.client.post(f"{referral.address}/partner/{page}", content=body, headers=FORM)
        assert refused.status_code == (422 if page == "code" else 410), refused.text


async def test_codes_are_sent_five_times_an_hour(world: World, referral: Referral) -> None:
    token = LINKS.token(await a_link(world, referral))
    statuses = [(await post(world, referral, "code", link=token)).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429]


async def test_a_partner_that_signs_in_sees_the_same_by_the_api(world: World, referral: Referral) -> None:
    link = await a_link(world, referral)
    partner = await visitor(world, referral, "cidff-31")
    stranger = await visitor(world, referral, "siao-31")
    path = f"{referral.address}/v1/cases/{link.case_id}/referrals/{link.referral_id}/opening"
    seen = await world.client.post(path, headers=partner.token)
    assert seen.status_code == 200, seen.text
    assert seen.json()["state"] == "seen"
    assert "Zweigelbaum" not in seen.text
    assert (await world.client.post(path, headers=stranger.token)).status_code == 404


async def test_an_iscg_renews_a_link_and_the_one_before_leads_nowhere(world: World, referral: Referral) -> None:
    report, _, iscg = await assigned(world, referral)
    heard = await world.hear(report.case_id, until=ReferralSent)
    [sent] = [each.event for each in heard if isinstance(each.event, ReferralSent)]
    case = f"cases/{report.case_id}"
    renewed = await iscg.act(f"{case}/referrals/{sent.referral_id}/link", of=case)
    assert renewed.status_code == 200, renewed.text
    link = Link(UUID(str(report.case_id)), sent.referral_id, 1)
    assert (await post(world, referral, "code", link=LINKS.token(link))).status_code == 410
    assert (await post(world, referral, "code", link=LINKS.token(link._replace(n=2)))).status_code == 200


async def test_a_trial_says_so_on_its_pages_and_where_it_is_asked(world: World, referral: Referral) -> None:
    """The tests' own services are trials."""
    for page in (
        await world.client.get(f"{referral.address}/partner"),
        await post(world, referral, "code", link="x"),
        await post(world, referral, "answer", session="x"),
    ):
        assert "Installation d’essai" in page.text
    assert (await world.client.get(f"{referral.address}/readyz")).json()["trial"] == "true"


async def test_an_erased_case_is_said_to_be_so_and_not_to_be_tried_again(
    world: World, referral: Referral, mongo: AsyncMongoClient[Any]
) -> None:
    report, _, iscg = await assigned(world, referral)
    heard = await world.hear(report.case_id, until=ReferralSent)
    [sent] = [each.event for each in heard if isinstance(each.event, ReferralSent)]
    link = Link(report.case_id, sent.referral_id, 1)
    session, case = session_in(await opened(world, referral, link)), f"cases/{report.case_id}"
    assert (await iscg.act(f"{case}/acceptance")).status_code == 200
    assert (await iscg.act(f"{case}/closure", CLOSURE)).status_code == 200
    coordinator = await visitor(world, referral, "coordinator-31")
    assert (await coordinator.act(f"{case}/erasure")).status_code == 204
    token = LINKS.token(link)
    tried = {"code": {"link": token}, "opening": {"link": token, "code": "12345678"}, "answer": {"session": session}}
    for page, fields in tried.items():
        said = await post(world, referral, page, answer="accepted", **fields)
        assert (said.status_code, "dossier est effacé" in said.text) == (410, True), page
    cases, clocks = (mongo[f"{world.namespace}_referral"][name] for name in ("cases", "deadlines"))
    kept = await cases.find_one({"_id": str(report.case_id)})
    assert kept and [each["state"] for each in kept["referrals"]] == ["cancelled"]
    of_the_case = {"case_id": str(report.case_id)}
    assert await clocks.count_documents(of_the_case)
    assert await clocks.count_documents(of_the_case | {"due_at": {"$ne": None}}) == 0
    # Erased by a version that did not end them, or while the page was open: the key alone is gone.
    await cases.update_one({"_id": str(report.case_id)}, {"$set": {"referrals.0.state": "sent"}})
    said = await post(world, referral, "answer", session=session, answer="accepted")
    assert (said.status_code, "dossier est effacé" in said.text) == (410, True)
