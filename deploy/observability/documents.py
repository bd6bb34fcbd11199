"""The page that tells which alert fires when something dies, and every alert with its runbook.

`python -m deploy.observability.documents` writes it; `--check` compares instead and exits 1 where it differs.
"""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from shared.contracts.documents import keep_true, page, table

HERE = Path(__file__).parent
COMMAND = "python -m deploy.observability.documents"
Alerts = Mapping[str, int]
OUTAGES: Mapping[str, Any] = yaml.safe_load((HERE / "outages.yml").read_text())
RULES: Mapping[str, Mapping[str, Any]] = {
    rule["alert"]: rule
    for group in yaml.safe_load((HERE / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
}


def outages() -> Iterable[tuple[str, Alerts]]:
    """Everything that may die, and which alerts then fire within how many seconds."""
    for service, alerts in OUTAGES["services"].items():
        yield f"the service `{service}`", alerts
    for server, alerts in OUTAGES["servers"].items():
        yield f"the server `{server}`", alerts
    yield "any one periodic job, of any service", OUTAGES["job"]
    yield "one row that is due, such as a deadline", OUTAGES["row"]


def alerts() -> str:
    """What dies, which alert fires, within what time, and what to do."""
    dying = [
        (what, f"`{alert}`", f"{seconds} s", _runbook(alert))
        for what, alerts in outages()
        for alert, seconds in alerts.items()
    ]
    every = [
        (f"`{name}`", rule["labels"]["severity"], f"`{_expression(rule)}`", rule.get("for", ""), _runbook(name))
        for name, rule in RULES.items()
    ]
    note = (
        "Prometheus scrapes and evaluates every 15 s (`deploy/observability/prometheus.yml`). The times count from "
        "the outage, for what comes in at that moment: an immediate report for a service, a notice for a provider. "
        "`make alerts` lets each of them happen on real servers, and asks promtool whether the alert fires by then, by "
        "what the others export. A service that is stopped and started again within 30 s raises none."
    )
    return page(
        "What dies, and which alert tells",
        note,
        table(("what dies", "alert", "within", "what to do"), dying),
        "## Every alert",
        table(("alert", "severity", "when", "for", "what to do"), every),
        command=COMMAND,
    )


def documents() -> dict[Path, bytes]:
    """The page, by its path in the repository."""
    return {Path("docs/alerts.md"): alerts().encode()}


def _expression(rule: Mapping[str, Any]) -> str:
    return " ".join(rule["expr"].split()).replace("|", r"\|")


def _runbook(alert: str) -> str:
    path = Path(RULES[alert]["annotations"]["runbook"])
    return f"[{path.stem}](runbooks/{path.name})"


if __name__ == "__main__":
    sys.exit(keep_true(documents, COMMAND))
