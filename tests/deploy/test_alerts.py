"""The rules for Prometheus ask only for numbers that exist, and lead to pages that exist."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.observability.documents import OUTAGES, outages
from shared.contracts.topics import SERVICES
from shared.watch.metrics import MEASURES

ROOT = Path(__file__).parents[2]
CASES: list[dict[str, Any]] = yaml.safe_load((ROOT / "deploy/observability/alerts_test.yml").read_text())["tests"]
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((ROOT / "deploy/observability/alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_asks_for_numbers_that_are_measured_and_names_its_page(rule: dict[str, Any]) -> None:
    measured = {measure.name for measure in MEASURES}
    asked = {name.removesuffix("_total") for name in re.findall(r"relais_\w+", rule["expr"])}
    assert asked or "up{" in rule["expr"]
    assert asked <= measured
    assert (ROOT / rule["annotations"]["runbook"]).is_file()


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_nobody_scrapes_has_an_alert_of_its_own(service: str) -> None:
    absent = f'absent(up{{job="relais", service="{service}"}})'
    assert [rule for rule in RULES if rule["expr"] == absent]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
@pytest.mark.parametrize("fires", ["fires", "does not fire"])
def test_an_alert_is_tried_where_it_must_fire_and_where_it_must_not(rule: dict[str, Any], fires: str) -> None:
    named = [case["name"] for case in CASES]
    assert named.count(f"{rule['alert']} {fires}") == 1


def test_every_outage_of_the_table_is_told_by_an_alert_that_exists() -> None:
    named = {alert for _, alerts in outages() for alert in alerts}
    assert named <= {rule["alert"] for rule in RULES}
    assert set(OUTAGES["services"]) == set(SERVICES)
