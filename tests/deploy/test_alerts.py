"""The rules for Prometheus ask only for numbers that exist, and lead to pages that exist."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.watch.metrics import MEASURES

ROOT = Path(__file__).parents[2]
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((ROOT / "deploy/observability/alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_asks_for_numbers_that_are_measured_and_names_its_page(rule: dict[str, Any]) -> None:
    measured = {measure.name for measure in MEASURES}
    asked = {name.removesuffix("_total") for name in re.findall(r"relais_\w+", rule["expr"])}
    assert asked
    assert asked <= measured
    assert (ROOT / rule["annotations"]["runbook"]).is_file()
