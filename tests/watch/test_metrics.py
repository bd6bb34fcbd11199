from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from shared.addresses import CannotListen
from shared.contracts.vocabulary import SetAsideReason
from shared.watch.metrics import MEASURES, OUTBOX_PENDING, SET_ASIDE, Metrics, serve_metrics


def page(port: int) -> str:
    with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        return str(answer.read().decode())


def test_every_closed_label_is_born_at_zero() -> None:
    registry = Metrics("intake").registry
    for reason in SetAsideReason:
        assert registry.get_sample_value("relais_set_aside_total", {"service": "intake", "reason": reason}) == 0


def test_two_services_in_one_process_count_apart() -> None:
    one, other = Metrics("intake"), Metrics("referral")
    one[SET_ASIDE].labels(SetAsideReason.NOT_JSON).inc()
    labels = {"reason": "not-json"}
    assert one.registry.get_sample_value("relais_set_aside_total", {"service": "intake", **labels}) == 1
    assert other.registry.get_sample_value("relais_set_aside_total", {"service": "referral", **labels}) == 0


def test_prometheus_reads_the_page_and_finds_the_service_on_every_sample() -> None:
    metrics = Metrics("intake")
    metrics[OUTBOX_PENDING].set(3)
    server = serve_metrics(metrics, "127.0.0.1", 0)
    try:
        families = list(text_string_to_metric_families(page(server.port)))
    finally:
        server.close()
    samples = [sample for family in families for sample in family.samples]
    assert ("relais_outbox_pending", 3) in [(sample.name, sample.value) for sample in samples]
    assert {sample.labels["service"] for sample in samples} == {"intake"}


def test_a_closed_page_gives_its_port_back() -> None:
    server = serve_metrics(Metrics("intake"), "127.0.0.1", 0)
    server.close()
    again = serve_metrics(Metrics("intake"), "127.0.0.1", server.port)
    again.close()


def test_a_port_that_is_taken_is_an_error() -> None:
    server = serve_metrics(Metrics("intake"), "127.0.0.1", 0)
    try:
        with pytest.raises(CannotListen, match="RELAIS_METRICS_PORT"):
            serve_metrics(Metrics("intake"), "127.0.0.1", server.port)
    finally:
        server.close()


def test_every_measure_has_its_own_name_and_says_what_it_tells() -> None:
    assert len({measure.name for measure in MEASURES}) == len(MEASURES) >= 15
    assert all(measure.name.startswith("relais_") and len(measure.help.split()) > 3 for measure in MEASURES)
