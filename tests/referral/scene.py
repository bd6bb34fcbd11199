"""People, posts, partners and cases of two territories: to each role what is its own, and what is not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from services.referral.domain.case import Case
from services.referral.domain.inspections import Inspection
from services.referral.domain.posts import Absence, Post
from services.referral.domain.stations import KnownStation
from services.referral.store import COORDINATORS, INSPECTIONS, OPENINGS, PARTNERS, POSTS, STATIONS, Opening
from shared.contracts.vocabulary import ConsentAnswer, Force, OpenedPart, PartnerType, Purpose
from shared.web.roles import Role
from tests.referral.builders import a_coordinator, a_file, a_partner, a_post, a_presence
from tests.referral.doors import House, id_of, iscg_who

HERE, NEXT_DOOR, THIRD, ELSEWHERE = "PN-31-0001", "PN-31-0002", "PN-31-0003", "GN-09-0101"
DEPARTEMENTS = {HERE: "31", NEXT_DOOR: "31", THIRD: "31", ELSEWHERE: "09"}
CALLERS = {
    Role.ISCG: "iscg-31",
    Role.COORDINATOR: "coordinator-31",
    Role.PARTNER: "cidff-31",
    Role.INSPECTOR: "inspector-a",
}
NOBODYS = "somebody-new"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TAKEOVER, GRANT = "/v1/cases/{case_id}/takeover", "/v1/inspections/{inspection_id}/grant"
AGREEMENTS = "/v1/posts/{post_id}/agreements/{station}"


@dataclass(frozen=True)
class Scene:
    """What there is: cases of one's own, of a colleague, of an absent one who is covered, and of elsewhere."""

    mine: Case
    mine_too: Case
    colleagues: Case
    covered: Case
    foreign: Case
    inspections: Mapping[str, UUID]
    openings: Mapping[str, UUID]

    def own(self, route: str, object_: str) -> str:
        """What a caller may name at a door."""
        if route == TAKEOVER and object_ == "case":
            return str(self.covered.id)
        if route == AGREEMENTS and object_ == "post":
            return "post-09"
        inspection = "asked" if route == GRANT else "granted"
        return {
            "case": str(self.mine.id),
            "other case": str(self.mine_too.id),
            "referral": str(self.mine.referrals[0].id),
            "partner": "partner-x9",
            "post": "post-31b",
            "other post": "post-31",
            "station": HERE,
            "departement": "31",
            "inspection": str(self.inspections[inspection]),
            "opening": str(self.openings["mine"]),
            "iscg": NOBODYS,
            "subject": NOBODYS,
            "set-aside record": str(UUID(int=1)),
        }[object_]

    def others(self, route: str, role: Role, object_: str) -> Sequence[str]:
        """What nobody in this role may name there: of another territory, worker or time, or not there at all."""
        if route == AGREEMENTS and object_ == "post":
            return ["post-31", "post-none"]
        found: Mapping[str, Sequence[object]] = {
            "case": self._cases(role),
            "other case": self._cases(role),
            "referral": self._referrals(role),
            "partner": ["partner-09", "partner-old", "partner-none"],
            # A post that is not there is opened by whoever names it for a département of her own.
            "post": ["post-09"] if route == "/v1/posts/{post_id}" else ["post-09", "post-none"],
            "other post": ["post-09", "post-31-old", "post-none"],
            "station": [ELSEWHERE],
            "departement": ["09"],
            "inspection": [*self._inspections_of_others(route), uuid4()],
            "opening": [self.openings[each] for each in ("others", "other case", "old")] + [uuid4()],
            "iscg": ["iscg-09", "iscg-31"],
            # Whoever is new on a post may sign in as anybody: an id that is known belongs to its subject.
            "subject": [],
            "set-aside record": [uuid4()],
        }
        return [str(each) for each in found[object_]]

    def _cases(self, role: Role) -> Sequence[UUID]:
        of_others = [self.foreign] if role is Role.COORDINATOR else [self.foreign, self.colleagues]
        return [*(each.id for each in of_others), uuid4()]

    def _referrals(self, role: Role) -> Sequence[UUID]:
        """A partner has its own in every case; an ISCG has those of her case."""
        if role is Role.PARTNER:
            return [self.foreign.referrals[0].id, self.mine.referrals[1].id, uuid4()]
        return [*(each.referrals[0].id for each in (self.foreign, self.colleagues, self.covered)), uuid4()]

    def _inspections_of_others(self, route: str) -> Sequence[UUID]:
        names = ("old", "others", "granted") if route == GRANT else ("old", "others", "asked")
        return [self.inspections[each] for each in names]


async def set_up(house: House) -> Scene:
    """The roster as it is at first, and cases that nobody has touched."""
    today = datetime.now(UTC).date()
    posts = {each.id: each for each in _posts()}
    await house.put(
        *((STATIONS, code, _station(code)) for code in DEPARTEMENTS),
        *((COORDINATORS, code, a_coordinator(code, id_of(f"coordinator-{code}"))) for code in ("31", "09")),
        *((POSTS, id_, post) for id_, post in posts.items()),
        *((PARTNERS, each.id, each) for each in _partners()),
    )
    mine, mine_too, colleagues, covered = [await _case(house, each) for each in (HERE, HERE, NEXT_DOOR, THIRD)]
    foreign = await _case(house, ELSEWHERE)
    away = (Absence(first_day=today - DAY, last_day=today + 30 * DAY, covered_by="post-31"),)
    await house.put((POSTS, "post-31c", posts["post-31c"].model_copy(update={"absences": away})))
    assert (await house.ask("iscg-31", "iscg", f"POST /v1/cases/{mine.id}/acceptance")).status_code == 200
    inspections, openings = await _inspections(house, mine), await _openings(house, mine, foreign)
    return Scene(mine, mine_too, colleagues, covered, foreign, inspections, openings)


def _station(code: str) -> KnownStation:
    departement = DEPARTEMENTS[code]
    commune = f"{departement}001"
    return KnownStation(station=code, force=Force.POLICE, departement=departement, commune=commune, zone="Europe/Paris")


def _posts() -> Sequence[Post]:
    yesterday = datetime.now(UTC).date() - 2 * DAY
    return [
        a_post("post-31", a_presence(station=HERE), iscg=iscg_who("iscg-31")),
        a_post("post-31b", a_presence(station=NEXT_DOOR), iscg=iscg_who("iscg-31b")),
        a_post("post-31c", a_presence(station=THIRD), iscg=iscg_who("iscg-31c")),
        a_post("post-31-old", a_presence(station=THIRD), iscg=iscg_who("iscg-old"), until=yesterday),
        a_post("post-09", a_presence(station=ELSEWHERE), iscg=iscg_who("iscg-09"), departement="09"),
    ]


def _partners() -> Sequence[Any]:
    long_ago = datetime.now(UTC).date() - 30 * DAY
    cidff, siao = PartnerType.CIDFF, PartnerType.SIAO
    return [
        a_partner(cidff).model_copy(update={"authid": id_of("cidff-31")}),
        a_partner(siao, "partner-x9").model_copy(update={"authid": id_of("siao-31")}),
        a_partner(cidff, "partner-09").model_copy(update={"authid": id_of("cidff-09"), "departement": "09"}),
        a_partner(PartnerType.CRIP, "partner-old").model_copy(update={"until": long_ago}),
    ]


async def _case(house: House, station: str) -> Case:
    both = (PartnerType.CIDFF, PartnerType.SIAO)
    file = a_file(both, dict.fromkeys(both, ConsentAnswer.GIVEN))
    case = await house.a_case(station=station, departement=DEPARTEMENTS[station], file=file)
    assert case.post_id and case.referrals, station
    return case


async def _inspections(house: House, case: Case) -> Mapping[str, UUID]:
    now = datetime.now(UTC)
    a, b, c = (id_of(f"inspector-{each}") for each in "abc")
    told: Mapping[str, Mapping[str, Any]] = {
        "asked": {"asked_by": b, "asked_at": now},
        "granted": {"asked_by": a, "asked_at": now, "granted_by": b, "granted_at": now},
        "others": {"asked_by": c, "asked_at": now, "granted_by": b, "granted_at": now},
        "old": {"asked_by": a, "asked_at": now - 48 * HOUR, "granted_by": b, "granted_at": now - 30 * HOUR},
    }
    made = {
        name: Inspection(id=uuid4(), case_id=case.id, justification="c2VhbGVk", **each) for name, each in told.items()
    }
    await house.put(*((INSPECTIONS, str(each.id), each) for each in made.values()))
    return {name: each.id for name, each in made.items()}


async def _openings(house: House, mine: Case, foreign: Case) -> Mapping[str, UUID]:
    now = datetime.now(UTC)

    def opening(case: Case, who: str, at: datetime) -> Opening:
        members: dict[str, Any] = {"purpose": Purpose.FOLLOW_UP, "justification": "c2VhbGVk"}
        until, opened = at + HOUR / 2, (OpenedPart.FILE,)
        return Opening(id=uuid4(), case_id=case.id, by=id_of(who), opened_at=at, until=until, opened=opened, **members)

    made = {
        "mine": opening(mine, "iscg-31", now),
        "others": opening(mine, "iscg-31b", now),
        "other case": opening(foreign, "iscg-31", now),
        "old": opening(mine, "iscg-31", now - HOUR),
    }
    await house.put(*((OPENINGS, str(each.id), each) for each in made.values()))
    return {name: each.id for name, each in made.items()}
