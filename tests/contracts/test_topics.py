"""Who says what to whom, as the design has it."""

from itertools import pairwise

import pytest

from shared.contracts import events as e
from shared.contracts.topics import (
    AUDIT,
    EVENTS,
    INTAKE,
    REFERRAL,
    RELAIS_AUDIT,
    RELAIS_TOPICS,
    SERVICES,
    own_topic,
    source,
    station_receipts,
    station_reports,
    topic_of,
    topics_of,
)


def test_every_event_is_said_on_some_topic_and_has_its_own_type() -> None:
    assert len({event.type for event in EVENTS}) == len(EVENTS) == len(e.__all__) - 1  # StreamPlace is no event


def test_audit_reads_every_topic() -> None:
    assert all(AUDIT in topic.read_by for topic in topics_of(("police", "gendarmerie")))


def test_only_audit_speaks_on_its_topic_which_is_kept_for_ever() -> None:
    assert RELAIS_AUDIT.said_by == (AUDIT,)
    assert RELAIS_AUDIT.broker_configs()["retention.ms"] == "-1"


def test_a_stations_topic_takes_the_brokers_time_and_a_megabyte() -> None:
    configs = station_reports("police").broker_configs()
    assert configs["message.timestamp.type"] == "LogAppendTime"
    assert configs["max.message.bytes"] == "2097152"
    assert configs["retention.ms"] == str(30 * 86_400_000)


def test_each_integrator_has_one_topic_to_report_and_one_to_be_answered() -> None:
    names = [topic.name for topic in topics_of(("police",))]
    assert names[:2] == ["station.reports.police", "station.receipts.police"]
    assert len(names) == len(set(names)) == 2 + len(RELAIS_TOPICS)


def test_an_event_that_is_said_on_one_topic_only_knows_it() -> None:
    assert topic_of(e.IscgAssigned) == "relais.cases"
    assert topic_of(e.PresencePublished) == "relais.standing"
    assert topic_of(e.LogConsulted) == "relais.access"


def test_of_a_case_nothing_crosses_to_intake_but_its_report_and_one_word() -> None:
    crossing = [topic for topic in RELAIS_TOPICS if REFERRAL in topic.said_by and INTAKE in topic.read_by]
    assert {event for topic in crossing for event in topic.events} == {e.StandingChanged, e.PresencePublished}
    assert set(e.StandingChanged.model_fields) == {"report_id", "integrator", "standing"}
    assert set(e.PresencePublished.model_fields) == {"station", "openings", "on_call"}
    assert not e.StandingChanged.sealed_members() and not e.PresencePublished.sealed_members()


@pytest.mark.parametrize("event", [e.ReportSubmitted, e.ReceiptIssued, e.RecordSetAside])
def test_an_event_of_several_topics_must_be_told_which(event: type[e.ReportSubmitted]) -> None:
    with pytest.raises(KeyError):
        topic_of(event)


def test_a_service_says_what_it_set_aside_on_its_own_topic() -> None:
    assert [own_topic(service) for service in SERVICES[:3]] == ["relais.intake", "relais.cases", "relais.notifications"]
    with pytest.raises(KeyError):
        own_topic(AUDIT)


def test_a_source_names_speaker_and_topic() -> None:
    assert source("referral", "relais.cases") == "/relais/referral/cases"
    assert source("intake", station_receipts("police").name) == "/relais/intake/receipts/police"


def test_no_two_speakers_and_topics_share_a_source() -> None:
    said = sorted(source(speaker, topic.name) for topic in topics_of(("a", "b")) for speaker in topic.said_by)
    assert all(one != other for one, other in pairwise(said))
