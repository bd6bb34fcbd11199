"""The doors of referral on real servers: decline, follow, close, hand over; who is away, and how a place is covered."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import pytest

from shared.contracts.events import (
    CaseClosed,
    CaseMerged,
    CaseParted,
    GlassBroken,
    IscgAssigned,
    IscgDeclined,
    NeedsAssessed,
    PersonalDataConsulted,
    PostChanged,
    ReferralAnswered,
    ReferralCancelled,
    ReportAccepted,
    StandingChanged,
)
from shared.contracts.report import Minors
from shared.contracts.vocabulary import Standing
from tests.delivery.history import Said, read_all
from tests.referral.running import PATIENCE, Referral, World
from tests.referral.test_journey import a_new_report, holder_of

ROOMY = {"capacity": None, "full": False}
OTHER = {"iscg-31-a": "iscg-31-b", "iscg-31-b": "iscg-31-a"}
CLOSURE = {"reason": "completed", "crip": "no-minors"}


@dataclass
class Visitor:
    """Somebody at the doors of referral, with her token."""

    client: httpx.AsyncClient
    address: str
    token: dict[str, str]

    async def read(self, path: str) -> httpx.Response:
        return await self.client.get(f"{self.address}/v1/{path}", headers=self.token)

    async def act(self, path: str, body: Any = None, *, method: str = "POST", of: str = "", **headers: str) -> Any:
        """Do something on the version that is read at `of`, under a new key unless one is given."""
        seen = await self.read(of or path.rsplit("/", 1)[0])
        given = {"If-Match": seen.headers.get("ETag", '"1"'), "Idempotency-Key": str(uuid4())} | headers
        return await self.client.request(
            method, f"{self.address}/v1/{path}", headers=self.token | given, json=body if body is not None else {}
        )


@pytest.fixture(scope="module")
async def referral(world: World) -> Any:
    async with world.running() as running:
        yield running


async def accesses(world: World) -> Sequence[Said]:
    """Who has looked at what."""
    return await read_all(world.kafka, [f"{world.namespace}.relais.access"])


async def visitor(world: World, referral: Referral, name: str) -> Visitor:
    token = {"Authorization": f"Bearer {await world.ask_token(name)}"}
    return Visitor(world.client, referral.address, token)


async def assigned(world: World, referral: Referral, **changes: Any) -> tuple[ReportAccepted, str, Visitor]:
    """A new case, the name of the ISCG who is to take it, and she at the door."""
    report = a_new_report(**changes)
    await world.publish(report)
    name = await holder_of(world, report.case_id)
    return report, name, await visitor(world, referral, name)


async def test_a_declined_case_goes_to_the_other_iscg_who_reads_why(world: World, referral: Referral) -> None:
    report, name, iscg = await assigned(world, referral)
    declined = await iscg.act(f"cases/{report.case_id}/refusal", {"reason": "overloaded"})
    assert (declined.status_code, declined.json()["state"]) == (200, "assigned"), declined.text
    heard = await world.hear(report.case_id, until=IscgDeclined)
    assert [each.event.iscg_id for each in heard if isinstance(each.event, IscgAssigned)] == [name, OTHER[name]]
    other = await visitor(world, referral, OTHER[name])
    said = (await other.read(f"cases/{report.case_id}/explanation")).json()
    assert len(said) == 2
    assert "A décliné cette saisine" in str(said[1]) and "Has declined this case" in str(said[1])
    assert (await iscg.read(f"cases/{report.case_id}")).status_code == 404


async def test_a_case_is_followed_and_closed(world: World, referral: Referral) -> None:
    report, _, iscg = await assigned(world, referral)
    case = f"cases/{report.case_id}"
    early = await iscg.act(f"{case}/closure", CLOSURE)
    assert (early.status_code, early.json()["reason"]) == (409, "forbidden-step")
    assert (await iscg.act(f"{case}/acceptance")).status_code == 200
    tried = await iscg.act(f"{case}/attempts", {"channel": "phone", "outcome": "no-answer"})
    assert (tried.status_code, tried.json()["state"]) == (201, "accepted")
    assert (await iscg.act(f"{case}/unreachable")).json()["state"] == "unreachable"
    met = await iscg.act(f"{case}/interviews", {"place": "station", "duration": "30-60"})
    assert (met.status_code, met.json()["state"]) == (201, "in-follow-up")
    closed = await iscg.act(f"{case}/closure", CLOSURE)
    assert (closed.status_code, closed.json()["state"]) == (200, "closed")
    await world.hear(report.case_id, until=CaseClosed)
    heard = await world.hear(report.case_id, "relais.standing", until=StandingChanged)
    words = [each.event.standing for each in heard]
    assert words == [Standing.TAKEN_IN_CHARGE, Standing.NOT_REACHABLE, Standing.CLOSED]


REPEATED: Sequence[tuple[str, str, Any, Any]] = (
    ("PUT", "consent", {"contact_by_iscg": "given", "partners": {}}, {"contact_by_iscg": "refused", "partners": {}}),
    ("PUT", "assessment", {"needs": ["housing"]}, {"needs": ["rights"]}),
    ("POST", "attempts", {"channel": "phone", "outcome": "no-answer"}, {"channel": "phone", "outcome": "reached"}),
    ("POST", "interviews", {"place": "station", "duration": "30-60"}, {"place": "station", "duration": "15-30"}),
    ("POST", "closure", CLOSURE, CLOSURE | {"crip": "sent"}),
)


async def test_a_key_that_was_used_acknowledges_no_other_body(world: World, referral: Referral) -> None:
    report, _, iscg = await assigned(world, referral)
    case = f"cases/{report.case_id}"
    assert (await iscg.act(f"{case}/acceptance")).status_code == 200
    for method, act, body, other in REPEATED:
        seen = (await iscg.read(case)).headers["ETag"]
        headers = {"method": method, "If-Match": seen, "Idempotency-Key": str(uuid4())}
        done = await iscg.act(f"{case}/{act}", body, **headers)
        assert done.is_success, done.text
        again, another = [await iscg.act(f"{case}/{act}", each, **headers) for each in (body, other)]
        assert (again.status_code, again.json()) == (done.status_code, done.json())
        assert (another.status_code, another.json()["type"]) == (422, "/problems/idempotency-key-reused")


async def test_what_concerns_minors_is_not_closed_without_an_answer(world: World, referral: Referral) -> None:
    report = a_new_report()
    assert report.file
    report = report.model_copy(update={"file": report.file.model_copy(update={"minors": Minors(count=1)})})
    await world.publish(report)
    iscg = await visitor(world, referral, await holder_of(world, report.case_id))
    case = f"cases/{report.case_id}"
    await iscg.act(f"{case}/acceptance")
    refused = await iscg.act(f"{case}/closure", CLOSURE)
    assert (refused.status_code, refused.json()["reason"]) == (409, "crip-unanswered")
    because = CLOSURE | {"crip": "not-needed", "crip_reason": "Mesure éducative en cours."}
    assert (await iscg.act(f"{case}/closure", because)).status_code == 200


async def test_a_coordinator_gives_a_case_to_another_post_of_hers(world: World, referral: Referral) -> None:
    report, name, _ = await assigned(world, referral)
    coordinator, stranger = [await visitor(world, referral, who) for who in ("coordinator-31", "coordinator-09")]
    post = {"iscg-31-a": "post-31-2", "iscg-31-b": "post-31-1"}[name]
    given = await coordinator.act(f"cases/{report.case_id}/reassignment", {"post_id": post})
    assert given.status_code == 200, given.text
    foreign = await coordinator.act(f"cases/{report.case_id}/reassignment", {"post_id": "post-09-1"})
    assert (foreign.status_code, foreign.json()["reason"]) == (409, "no-such-post")
    assert (await stranger.act(f"cases/{report.case_id}/reassignment", {"post_id": post})).status_code == 404


async def test_an_absence_is_declared_and_moves_what_was_not_accepted(world: World, referral: Referral) -> None:
    report, name, iscg = await assigned(world, referral)
    post = {"iscg-31-a": "post-31-1", "iscg-31-b": "post-31-2"}[name]
    coordinator = await visitor(world, referral, "coordinator-31")
    today = datetime.now(UTC).date()
    days = {"first_day": str(today - timedelta(days=1)), "last_day": str(today + timedelta(days=7))}
    path = f"posts/{post}/absences"
    declared = await coordinator.act(path, {"absences": [days]}, method="PUT")
    assert declared.status_code == 200, declared.text
    async with asyncio.timeout(PATIENCE):
        while (await coordinator.read(f"posts/{post}")).json()["unaccepted"]:  # noqa: ASYNC110 # a door tells nobody
            await asyncio.sleep(0.05)
    assert (await iscg.read(f"cases/{report.case_id}")).status_code == 404
    other = await visitor(world, referral, OTHER[name])
    assert (await other.read(f"cases/{report.case_id}")).status_code == 200
    heard = await world.hear(post, until=PostChanged)
    assert heard[-1].event.absences
    assert (await (await visitor(world, referral, "coordinator-09")).read(f"posts/{post}")).status_code == 404
    seen = await coordinator.read(f"posts/{post}")
    assert seen.json()["absences"][0]["first_day"] == days["first_day"]
    assert "@" not in seen.text
    assert (await coordinator.act(path, {"absences": []}, method="PUT")).status_code == 200


async def test_a_coordinator_opens_changes_and_ends_a_post(world: World, referral: Referral) -> None:
    coordinator, stranger = [await visitor(world, referral, who) for who in ("coordinator-31", "coordinator-09")]
    channels, path = [{"channel": "email", "value": "iscg-31-z@relais.example"}], "posts/post-31-z"
    presence = {
        "station": "PN-31-0099",
        "zone": "Europe/Paris",
        "hours": [{"day": "mon", "from": "09:00", "to": "12:00"}],
    }
    wanted = {"departement": "31", "reason": "opening", "presences": [presence]}
    iscg = {"id": "iscg-31-z", "channels": channels}
    lacking = await coordinator.act(path, wanted | {"iscg": iscg}, method="PUT", **{"If-Match": '"0"'})
    assert (lacking.status_code, lacking.json()["reason"]) == (409, "iscg-incomplete")
    whole = wanted | {"iscg": iscg | {"signs_in_as": "iscg-31-z"}}
    opened = await coordinator.act(path, whole, method="PUT", **{"If-Match": '"0"'})
    assert (opened.status_code, opened.headers["ETag"]) == (200, '"1"'), opened.text
    assert (await stranger.act(path, whole, method="PUT", of="posts/post-31-1")).status_code == 404
    [listed] = [each for each in (await coordinator.read("posts")).json() if each["id"] == "post-31-z"]
    assert (listed["version"], listed["iscg"]) == (
        1,
        {"id": "iscg-31-z", "quiet": None, "since": None, "speaks": ["fr"]},
    )
    assert "@" not in (await coordinator.read("posts")).text
    assert "31" not in {each["departement"] for each in (await stranger.read("posts")).json()}
    [first, *_] = await world.hear("PN-31-0099", "relais.standing")
    assert first.event.openings
    swapped = wanted | {"iscg": iscg | {"signs_in_as": "a-friend"}, "reason": "correction"}
    refused = await coordinator.act(path, swapped, method="PUT")
    assert (refused.status_code, refused.json()["reason"]) == (409, "other-subject")
    alone = await coordinator.act(path, swapped | {"reason": "sign-in"}, method="PUT")
    assert alone.status_code == 200, alone.text
    ended = await coordinator.act(f"{path}?reason=reorganisation", method="DELETE", of=path)
    assert (ended.status_code, ended.headers["ETag"]) == (200, '"3"'), ended.text
    *_, last = await world.hear("PN-31-0099", "relais.standing", many=2)
    assert last.event.openings == ()
    assert [each.event.reason for each in await world.hear("post-31-z", until=PostChanged)] == [
        "opening",
        "sign-in",
        "reorganisation",
    ]
    told = await read_all(world.kafka, [f"{world.namespace}.relais.cases"])
    [swap] = [each for each in told if each.headers["ce_type"] == "roster.access-changed.v1"]
    assert orjson.loads(swap.value)["holder_id"] == "iscg-31-z" and b"notify" in swap.value and b"@" not in swap.value


async def test_who_leaves_hands_over_to_another_post(world: World, referral: Referral) -> None:
    report, name, _ = await assigned(world, referral)
    mine, other = ("post-31-1", "post-31-2") if name == "iscg-31-a" else ("post-31-2", "post-31-1")
    coordinator = await visitor(world, referral, "coordinator-31")
    handed = await coordinator.act(f"posts/{mine}/handover", {"to": other})
    assert (handed.status_code, handed.json()) == (200, {"kept": []})
    seen = await coordinator.read(f"cases/{report.case_id}")
    assert (seen.json()["post_id"], seen.json()["state"]) == (other, "assigned")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("refusal", {"reason": "Odette Zyxwv"}),
        ("refusal", {}),
        ("attempts", {"channel": "phone"}),
        ("interviews", {"place": "station", "duration": 45}),
        ("closure", {"reason": "completed", "crip": "no-minors", "note": "Odette Zyxwv"}),
    ],
)
async def test_a_malformed_act_is_told_by_its_place_and_changes_nothing(
    world: World, referral: Referral, path: str, body: dict[str, Any]
) -> None:
    report, _, iscg = await assigned(world, referral)
    refused = await iscg.act(f"cases/{report.case_id}/{path}", body)
    assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")
    assert refused.json()["faults"] and "Zyxwv" not in refused.text
    assert (await iscg.read(f"cases/{report.case_id}")).json()["state"] == "assigned"


async def test_coverage_is_counted_against_the_goal(world: World, referral: Referral) -> None:
    coordinator = await visitor(world, referral, "coordinator-31")
    counted = {each["departement"]: each for each in (await coordinator.read("coverage")).json()}
    assert (counted["31"]["filled"], counted["31"]["reaches_goal"]) == (3, True)
    assert (counted["2A"]["filled"], counted["2A"]["reaches_goal"]) == (1, False)
    then = (await coordinator.read("coverage?on=2026-01-01&since=2025-01-01")).json()
    assert all(each["filled_since"] == 0 for each in then)
    assert (await coordinator.read("coverage?on=yesterday")).status_code == 422


async def test_a_case_that_does_not_exist_looks_like_one_of_somebody_else(world: World, referral: Referral) -> None:
    iscg = await visitor(world, referral, "iscg-31-a")
    for path, body in (("refusal", {"reason": "away"}), ("closure", CLOSURE), ("takeover", {})):
        assert (await iscg.act(f"cases/{UUID(int=12345)}/{path}", body)).status_code == 404


async def test_an_iscg_pages_through_her_open_cases_oldest_first(world: World, referral: Referral) -> None:
    mine = [await assigned(world, referral) for _ in range(4)]
    [iscg] = [each for _, name, each in mine if name == mine[0][1]][:1]
    pages, after = list[dict[str, Any]](), ""
    while True:
        page = (await iscg.read(f"cases?limit=1{after}")).json()
        pages += page["cases"]
        if "next" not in page or page["next"] is None:
            break
        after = f"&after={page['next']}"
    ids = [each["id"] for each in pages]
    assert len(ids) == len(set(ids))
    assert {str(report.case_id) for report, name, _ in mine if name == mine[0][1]} <= set(ids)
    assert [each["received_at"] for each in pages] == sorted(each["received_at"] for each in pages)
    assert "Zweigelbaum" not in str(pages)


async def test_a_coordinator_lists_her_departement_and_no_other(world: World, referral: Referral) -> None:
    report, _, _ = await assigned(world, referral)
    here, there = [await visitor(world, referral, who) for who in ("coordinator-31", "coordinator-09")]
    listed = (await here.read("cases?limit=200")).json()["cases"]
    assert str(report.case_id) in {each["id"] for each in listed}
    assert {each["departement"] for each in listed} == {"31"}
    assert str(report.case_id) not in (await there.read("cases?limit=200")).text


@pytest.mark.parametrize("after", ["x", "AAAA", "/////w==", "____________________________________"])
async def test_a_cursor_that_we_have_not_written_is_refused(world: World, referral: Referral, after: str) -> None:
    iscg = await visitor(world, referral, "iscg-31-a")
    assert (await iscg.read(f"cases?after={after}")).status_code in (400, 422)


async def test_a_person_who_changes_her_mind_takes_her_referrals_along(world: World, referral: Referral) -> None:
    report, _, iscg = await assigned(world, referral)
    case = f"cases/{report.case_id}"
    assert (await iscg.act(f"{case}/acceptance")).status_code == 200
    refused = {"contact_by_iscg": "given", "partners": {"cidff": "refused"}, "how": "oral"}
    noted = await iscg.act(f"{case}/consent", refused, method="PUT")
    assert (noted.status_code, noted.json()["state"]) == (200, "accepted"), noted.text
    heard = await world.hear(report.case_id, until=ReferralCancelled)
    [cancelled] = [each.event for each in heard if isinstance(each.event, ReferralCancelled)]
    assert cancelled.reason == "consent-withdrawn"
    again = await iscg.act(f"{case}/referrals", {"partner_id": "partner-h7q2"}, of=case)
    assert (again.status_code, again.json()["reason"]) == (409, "consent-missing")
    await iscg.act(f"{case}/consent", refused | {"partners": {"cidff": "given"}}, method="PUT")
    given = await iscg.act(f"{case}/referrals", {"partner_id": "partner-h7q2"}, of=case)
    assert given.status_code == 201, given.text
    assert "refused" not in str([each.said for each in await world.hear(report.case_id)])


async def test_a_partner_answers_the_referral_that_it_was_sent_and_reads_nothing_of_the_person(
    world: World, referral: Referral
) -> None:
    report, _, iscg = await assigned(world, referral)
    case = f"cases/{report.case_id}"
    [sent] = (await iscg.read(case)).json()["referrals"]
    partner = await visitor(world, referral, "cidff-31")
    path = f"{case}/referrals/{sent['id']}"
    seen = await partner.read(path)
    assert (seen.status_code, set(seen.json())) == (200, {"referral_id", "state", "answer_by"})
    answered = await partner.act(f"{path}/answer", {"answer": "accepted"})
    assert answered.status_code == 200, answered.text
    assert (await partner.read(path)).json()["state"] == "accepted"
    late = await partner.act(f"{path}/answer", {"answer": "seen"})
    assert (late.status_code, late.json()["reason"]) == (409, "forbidden-step")
    heard = await world.hear(report.case_id, until=ReferralAnswered)
    assert heard[-1].event.notify[0].role == "iscg"
    stranger = await visitor(world, referral, "siao-31")
    assert (await stranger.read(path)).status_code == 404
    assert (await partner.read(case)).status_code == 403


async def test_an_iscg_finds_the_partners_of_a_departement_and_no_way_to_tell_them(
    world: World, referral: Referral
) -> None:
    iscg = await visitor(world, referral, "iscg-31-a")
    found = await iscg.read("partners?departement=31")
    assert {"id": "partner-h7q2", "type": "cidff", "departement": "31", "closed": []} | ROOMY in found.json()
    assert "@" not in found.text


async def test_a_statistician_reads_the_numbers_of_a_year_and_no_case(world: World, referral: Referral) -> None:
    report, _, iscg = await assigned(world, referral)
    statistician = await visitor(world, referral, "statistician")
    year = datetime.now(UTC).year
    refused = await statistician.read(f"statistics?year={year}")
    assert (refused.status_code, refused.json()["published_from"]) == (404, f"{year + 1}-02-01")
    async with asyncio.timeout(PATIENCE):
        while (found := await statistician.read(f"statistics?year={year - 2}")).status_code == 404:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    assert found.status_code == 200, found.text
    assert {each["dimension"] for each in found.json()["tables"]} >= {"sex", "age_band", "category", "known", "need"}
    assert str(report.case_id) not in found.text
    async with asyncio.timeout(PATIENCE):
        while not any(b'"statistics"' in each.value for each in await accesses(world)):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    assert (await iscg.read(f"statistics?year={year}")).status_code == 403
    assert (await statistician.read("statistics?year=soon")).status_code == 422


async def test_an_assessment_proposes_who_could_help_and_stands_sealed(world: World, referral: Referral) -> None:
    report, _, iscg = await assigned(world, referral)
    case = f"cases/{report.case_id}"
    assert (await iscg.act(f"{case}/acceptance")).status_code == 200
    found = await iscg.act(f"{case}/assessment", {"needs": ["shelter", "rights"]}, method="PUT")
    assert found.status_code == 200, found.text
    reason = {"purpose": "follow-up", "justification": "Orientation", "parts": ["file"]}
    opening = (await iscg.act(f"{case}/openings", reason)).json()["opening_id"]
    read = (await iscg.read(f"{case}/proposals?opening={opening}")).json()["proposals"]
    proposed = {each["partner_type"]: each for each in read}
    assert proposed["siao"]["because"] == ["shelter"]
    assert proposed["cidff"]["partners"] == []
    heard = await world.hear(report.case_id, until=NeedsAssessed)
    assert heard[-1].event.file.needs == ("shelter", "rights")
    assert "shelter" not in str([each.said for each in heard])
    assert (await iscg.act(f"{case}/assessment", {"needs": ["Odette"]}, method="PUT")).status_code == 422


async def test_who_breaks_the_glass_looks_for_three_hours_and_the_holder_is_told(
    world: World, referral: Referral
) -> None:
    report, name, _ = await assigned(world, referral)
    case, stranger = f"cases/{report.case_id}", await visitor(world, referral, OTHER[name])
    look = {"purpose": "follow-up", "justification": "Elle est devant moi, blessée."}
    assert (await stranger.act(f"{case}/openings", look)).status_code == 404
    broken = await stranger.act(f"{case}/break-glass", {"justification": look["justification"]})
    assert broken.status_code == 201, broken.text
    shown = await stranger.act(f"{case}/openings", look)
    assert shown.json()["parts"]["contact"]["name"]["family"] == "Zweigelbaum"
    heard = await world.hear(report.case_id, until=GlassBroken)
    assert [each.ref for each in heard[-1].event.notify] == [name, "coordinator-31"]
    [consulted] = await world.hear(report.case_id, "relais.access", until=PersonalDataConsulted)
    assert consulted.event.purpose == "break-glass"
    assert (await stranger.read(case)).status_code == 404
    of_nowhere = await visitor(world, referral, "iscg-of-nowhere")
    nowhere = await of_nowhere.act(f"{case}/break-glass", {"justification": look["justification"]})
    assert (nowhere.status_code, nowhere.json()["type"]) == (403, "/problems/no-post")
    unknown = await stranger.act(f"cases/{uuid4()}/break-glass", {"justification": look["justification"]})
    assert unknown.status_code == 404


async def test_a_duplicate_is_seen_to_with_its_survivor_until_the_merge_is_undone(
    world: World, referral: Referral
) -> None:
    first, name, iscg = await assigned(world, referral)
    second, other_name, other = await assigned(world, referral)
    coordinator = await visitor(world, referral, "coordinator-31")
    duplicate = f"cases/{second.case_id}"
    merged = await coordinator.act(f"{duplicate}/merge", {"into": str(first.case_id)}, method="PUT")
    assert (merged.status_code, merged.json()["state"]) == (200, "merged"), merged.text
    again = await coordinator.act(f"{duplicate}/merge", {"into": str(first.case_id)}, method="PUT")
    assert (again.status_code, again.json()["reason"]) == (409, "not-mergeable")
    shown = (await iscg.read(f"cases/{first.case_id}")).json()
    assert shown["linked_to"] == [str(second.case_id)]
    why = {"purpose": "first-contact", "justification": "premier appel à la personne", "parts": ["file"]}
    assert (await iscg.act(f"{duplicate}/openings", why)).status_code == 201
    assert (await iscg.act(f"{duplicate}/unreachable")).json()["reason"] == "forbidden-step"
    assert (await other.read(duplicate)).status_code == (200 if other_name == name else 404)
    parted = await coordinator.act(f"{duplicate}/merge", method="DELETE", of=duplicate)
    assert (parted.status_code, parted.json()["state"]) == (200, "assigned"), parted.text
    heard = await world.hear(second.case_id, until=CaseParted)
    assert [type(each.event) for each in heard if isinstance(each.event, CaseMerged | CaseParted | IscgAssigned)] == [
        *(IscgAssigned, CaseMerged, CaseParted, IscgAssigned),
    ]
    assert (await other.read(duplicate)).status_code == 200
    linked = await coordinator.act(f"{duplicate}/links/{first.case_id}", method="PUT", of=duplicate)
    assert (linked.status_code, linked.json()["state"]) == (200, "assigned"), linked.text


async def test_a_partner_follows_its_referrals_as_fhir_resources_and_nobody_elses(
    world: World, referral: Referral
) -> None:
    report, _, iscg = await assigned(world, referral)
    refused = {"contact_by_iscg": "given", "partners": {"cidff": "given"}, "how": "oral"}
    await iscg.act(f"cases/{report.case_id}/acceptance")
    await iscg.act(f"cases/{report.case_id}/consent", refused, method="PUT")
    for _ in range(2):
        await iscg.act(f"cases/{report.case_id}/referrals", {"partner_id": "partner-h7q2"})
    partner, other = [await visitor(world, referral, who) for who in ("cidff-31", "siao-31")]

    async def read(path: str, who: Visitor = partner) -> httpx.Response:
        return await world.client.get(f"{referral.address}/fhir/{path}", headers=who.token)

    first = (await read("Task?status=requested,nonsense&_count=1")).json()
    [task] = [each["resource"] for each in first["entry"]]
    assert (task["status"], task["owner"]["identifier"]["value"]) == ("requested", "partner-h7q2")
    assert "nonsense" not in str(first["link"])
    [following] = [each["url"] for each in first["link"] if each["relation"] == "next"]
    assert following.startswith("https://relais.example/fhir/Task?")
    following = following.replace("https://relais.example", referral.address)
    second = (await world.client.get(following, headers=partner.token)).json()
    assert task["id"] not in [each["resource"]["id"] for each in second["entry"]]
    asked = await read(task["focus"]["reference"])
    assert asked.headers["Content-Type"] == "application/fhir+json"
    assert asked.json()["subject"]["identifier"]["value"].startswith("urn:uuid:")
    for path in (f"Task/{task['id']}", f"ServiceRequest/{task['id']}"):
        assert (await read(path, other)).status_code == 404
    assert "entry" not in (await read("Task?status=completed")).json()
    coded = (await read("Task?status=http://hl7.org/fhir/task-status|requested")).json()
    assert task["id"] in [each["resource"]["id"] for each in coded["entry"]]
    for wrong in ("patient=x", "status=nonsense", "status=http://hl7.org/fhir/request-status|active"):
        assert (await read(f"Task?{wrong}")).status_code == 422
    assert (await read("Task?after=x")).status_code == 400
    elsewhere = {**partner.token, "host": "attacker.example", "x-forwarded-host": "attacker.example"}
    answer = await world.client.get(f"{referral.address}/fhir/Task", headers=elsewhere)
    assert "attacker" not in answer.text
    assert all(each["url"].startswith("https://relais.example/fhir/") for each in answer.json()["link"])
    assert (await world.client.get(f"{referral.address}/fhir/metadata")).json()["fhirVersion"] == "4.0.1"
    assert (await read("Task", iscg)).status_code == 403
