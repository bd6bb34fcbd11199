"""What a roster must hold before it is kept, and that a fault is told by where it stands."""

from pathlib import Path
from uuid import UUID, uuid5

import pytest

from services.referral.domain.roster import Roster
from services.referral.roster_file import UnusableRoster, read_roster_file
from shared.contracts.ids import NAMESPACE
from shared.contracts.vocabulary import EmployerKind, PostForce, Weekday

SAMPLE = Path(__file__).parents[2] / "deploy/samples/roster.json"
YAML = """\
posts:
  - id: post-1
    departement: "31"
    employer: association
    force: mixed
    share: 80
    iscg: {id: iscg-1, signs_in_as: iscg-1, speaks: [fr, ar], channels: [{channel: email, value: a@relais.example}]}
    presences:
      - station: PN-31-0001
        zone: Europe/Paris
        hours: [{day: mon, from: "09:00", to: "12:00"}]
    absences:
      - {first_day: 2026-12-01, last_day: 2026-12-05, covered_by: post-2}
  - {id: post-2, departement: "31"}
coordinators:
  - {id: c-31, signs_in_as: c-31, departement: "31", channels: [{channel: email, value: c@relais.example}]}
"""
HEADS = "post,departement,employer,force,share,ceiling,since,until,iscg,signs_in_as,iscg_since,speaks,email"
CSV = f"""\
{HEADS},station,zone,days,from,to
post-1,31,association,police,80,40,2024-01-01,,iscg-1,iscg-1,,fr ar,a@b.example,PN-31-1,Europe/Paris,mon tue,09:00,12:00
post-1,31,association,police,80,40,2024-01-01,,iscg-1,iscg-1,,fr ar,a@b.example,PN-31-1,Europe/Paris,fri,14:00,17:00
post-2,31,,,,,,,,,,,,,,,,
"""


def authid_of(subject: str) -> UUID:
    return uuid5(NAMESPACE, subject)


def read(tmp_path: Path, text: str, name: str = "roster.yaml") -> Roster:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return read_roster_file(path, authid_of)


def faults_of(tmp_path: Path, text: str, name: str = "roster.yaml") -> list[str]:
    with pytest.raises(UnusableRoster) as refused:
        read(tmp_path, text, name)
    return list(refused.value.faults)


def test_the_sample_roster_binds_people_to_opaque_ids() -> None:
    roster = read_roster_file(SAMPLE, authid_of)
    first = roster.posts[0].iscg
    assert first and first.authid == authid_of("iscg-31-a")
    assert {each.departement for each in roster.coordinators or ()} == {"31", "09", "2A"}
    assert roster.faults() == []


def test_a_roster_says_of_a_post_what_the_ministry_counts(tmp_path: Path) -> None:
    post, vacant = read(tmp_path, YAML).posts
    assert (post.employer, post.force, post.share) == (EmployerKind.ASSOCIATION, PostForce.MIXED, 80)
    assert post.iscg and post.iscg.speaks == ("fr", "ar")
    assert post.absences[0].covered_by == "post-2"
    assert vacant.iscg is None


def test_a_csv_has_a_line_for_each_presence(tmp_path: Path) -> None:
    roster = read(tmp_path, CSV, "roster.csv")
    post, vacant = roster.posts
    [presence] = post.presences
    assert [(each.day, each.from_) for each in presence.hours] == [
        (Weekday.MON, "09:00"),
        (Weekday.TUE, "09:00"),
        (Weekday.FRI, "14:00"),
    ]
    assert (post.share, post.ceiling, vacant.iscg, roster.coordinators) == (80, 40, None, None)


@pytest.mark.parametrize(
    ("before", "after", "where", "what"),
    [
        ("share: 80", "share: 8", "line 6, column 12", "/posts/0/share"),
        ("zone: Europe/Paris", "zone: Europe/Lutece", "line 10, column 15", "zone"),
        ('from: "09:00"', 'from: "9h"', "line 11, column 34", "/posts/0/presences/0/hours/0/from"),
        ("force: mixed", "force: navy", "line 5, column 12", "/posts/0/force"),
        ("signs_in_as: iscg-1, ", "", "line 7, column 11", "signs_in_as"),
        ("last_day: 2026-12-05", "last_day: 2026-11-05", "line 13, column 9", "must not end before"),
        ("share: 80", "shares: 80", "line 6, column 13", "/posts/0/shares"),
    ],
)
def test_a_fault_is_told_by_line_and_column(tmp_path: Path, before: str, after: str, where: str, what: str) -> None:
    faults = faults_of(tmp_path, YAML.replace(before, after))
    assert any(fault.startswith(where) and what in fault for fault in faults), faults


def test_what_was_given_is_never_repeated(tmp_path: Path) -> None:
    assert "Zyxwv" not in "".join(faults_of(tmp_path, YAML.replace("force: mixed", "force: Odette Zyxwv")))


def test_a_member_that_stands_twice_is_a_fault(tmp_path: Path) -> None:
    assert faults_of(tmp_path, YAML.replace("    share: 80\n", "    share: 80\n    share: 90\n")) == [
        "line 7, column 12: share stands twice"
    ]


def test_a_fault_in_json_is_told_by_line_and_column(tmp_path: Path) -> None:
    text = SAMPLE.read_text("utf-8").replace('"share": 100', '"share": 1', 1)
    [fault] = faults_of(tmp_path, text, "roster.json")
    before = text[: text.index('"share": 1,')]
    assert fault.startswith(f"line {before.count(chr(10)) + 1}, column ")
    assert "/posts/0/share" in fault


def test_a_member_of_json_that_stands_twice_is_a_fault(tmp_path: Path) -> None:
    assert faults_of(tmp_path, '{"posts": [], "posts": []}', "roster.json") == ["line 1, column 24: posts stands twice"]


HOSTILE = [
    "",
    "- 1",
    "posts: [",
    "\t: x",
    "posts: 7",
    "posts: &a [*a]",
    "[" * 900,
    "\x00",
    "{[1]: 2}",
    "posts: {a: !!python/none x}",
    "[" * 5_000,
    "posts: 2026-99-99",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_no_roster_is_a_fault_and_no_trace(tmp_path: Path, text: str) -> None:
    assert faults_of(tmp_path, text)


def test_a_csv_tells_its_faults_by_line(tmp_path: Path) -> None:
    assert faults_of(tmp_path, "post\n", "roster.csv")[0] == "line 1: no column departement"
    [wrong] = faults_of(tmp_path, CSV.replace("mon tue", "mon lundi"), "roster.csv")
    assert wrong.startswith("line 2")
    [other] = faults_of(tmp_path, CSV.replace("2024-01-01", "2025-01-01", 1), "roster.csv")
    assert other == "line 3, column 7: since: is told otherwise than on line 2"


def test_what_does_not_fit_together_is_told_all_at_once(tmp_path: Path) -> None:
    alone = YAML[: YAML.index("coordinators")].replace("covered_by: post-2", "covered_by: post-9")
    assert read(tmp_path, alone).faults() == [
        "31 has posts and no coordinator",
        "post-1 is covered by post-9, which is no other post of it",
    ]
    twice = YAML.replace("id: post-2", "id: post-1")
    assert "post-1 stands in it twice" in read(tmp_path, twice).faults()


A_PARTNER = "type: cidff, departement: '31', channels: [{channel: email, value: p@relais.example}]"


def test_the_id_of_a_partner_may_not_tell_its_type(tmp_path: Path) -> None:
    telling = f"{YAML}partners:\n  - {{{A_PARTNER}, id: CIDFF-31, signs_in_as: cidff-31}}\n"
    assert read(tmp_path, telling).faults() == ["partner CIDFF-31 has an id that tells its type"]


def test_a_partner_that_could_not_answer_is_a_fault(tmp_path: Path) -> None:
    mute = f"{YAML}partners:\n  - {{{A_PARTNER}, id: partner-x}}\n"
    wanted = "partner partner-x could not answer: give it an SMS number or `signs_in_as`"
    assert read(tmp_path, mute).faults() == [wanted]
    by_phone = mute.replace("@relais.example}", "@relais.example}, {channel: sms, value: '+33639980031'}")
    assert read(tmp_path, by_phone).faults() == []


def test_a_webhook_is_for_partners_that_sign_in_and_goes_over_tls(tmp_path: Path) -> None:
    hook = "type: cidff, departement: '31', channels: [{channel: webhook, value: '%s'}]"
    unsafe = f"{YAML}partners:\n  - {{{hook % 'http://p.example/x'}, id: partner-x, signs_in_as: cidff-31}}\n"
    assert read(tmp_path, unsafe).faults() == ["partner partner-x has a webhook that does not begin with https://"]
    assert read(tmp_path, unsafe.replace("http:", "https:")).faults() == []
    mute = unsafe.replace("http:", "https:").replace(", signs_in_as: cidff-31", "")
    assert (
        read(tmp_path, mute).faults()[-1] == "partner partner-x is told by webhook: it needs `signs_in_as`, to answer"
    )
    person = YAML.replace("channel: email", "channel: webhook")
    assert any("for partners' software only" in each for each in read(tmp_path, person).faults())


@pytest.mark.parametrize("line", ["post-3,31", "post-3," * 40, '"post-3', ",,,"])
def test_a_csv_line_that_is_too_short_or_too_long_is_a_fault_or_a_vacant_post_and_no_trace(
    tmp_path: Path, line: str
) -> None:
    try:
        roster = read(tmp_path, f"{CSV}{line}\n", "roster.csv")
    except UnusableRoster as refused:
        assert refused.faults[0].startswith("line ")
    else:
        assert roster.posts[-1].iscg is None


def test_addresses_at_which_nobody_can_be_told_are_refused_and_not_repeated() -> None:
    path = Path(__file__).parents[1] / "cases/roster-unreachable.yaml"
    faults = [each for each in read_roster_file(path, authid_of).faults() if "channel" in each]
    assert [each.split(":")[0] for each in faults] == [
        "iscg-31-a, channel 1 (email)",
        "coordinator-31, channel 1 (sms)",
        "partner-h7q2, channel 2 (sms)",
    ]
    assert not any("secretariat" in each or "06 12" in each for each in faults)
