"""What Prometheus would have seen of an outage, laid out for promtool: real samples, at 15 s intervals."""

import json
import math
import shutil
import subprocess
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from prometheus_client.parser import text_string_to_metric_families

from deploy.local import ROOT

OBSERVABILITY = ROOT / "deploy" / "observability"
PROMTOOL = shutil.which("promtool") or str(Path(__file__).parent / "promtool")
INTERVAL, BEFORE, AFTER = 15, 4, 60
"""Seconds between two samples; how many stand before the outage, and how many after."""

Series = tuple[str, tuple[tuple[str, str], ...]]
Samples = Mapping[Series, float]


def promtool(*words: str, stdin: str | None = None) -> tuple[int, str]:
    """Exit status and all that promtool says."""
    command = [PROMTOOL, *words]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)  # noqa: S603 # our own words
    return done.returncode, done.stdout + done.stderr


def samples_of(text: str, instance: str) -> Samples:
    """The samples of our own that one scrape brings."""
    return {
        (sample.name, tuple(sorted((sample.labels | {"job": "relais", "instance": instance}).items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("relais_") and not sample.name.endswith("_bucket")
    }


@dataclass(frozen=True)
class Timeline:
    """What was scraped of each service before an outage, and since; `None` where it did not answer.

    `seconds`: after how many the second scrape was made, counting the time that a test did not wait for. `growing`
    names a counter that goes on as it has grown meanwhile; all other samples stay as they are.
    """

    before: Mapping[str, Samples]
    after: Mapping[str, Samples | None]
    seconds: float
    growing: str = ""

    def check(self, alerts: Mapping[str, int], folder: Path) -> str:
        """What promtool says where one of these does not fire within so many seconds; nothing where all do."""
        expected = [
            {"eval_time": f"{BEFORE * INTERVAL + seconds}s", "expr": _firing([alert]), "exp_samples": _samples([alert])}
            for alert, seconds in alerts.items()
        ]
        return self._ask(folder, expected)

    def fires(self, alert: str, which: Mapping[str, str], seconds: int, folder: Path) -> str:
        """The same for one alert, of which one with these labels must fire."""
        [(label, value)] = which.items()
        expr = f'group by ({label}) (ALERTS{{alertname="{alert}", alertstate="firing"}})'
        samples = [{"labels": f'{{{label}="{value}"}}', "value": 1}]
        expected = {"eval_time": f"{BEFORE * INTERVAL + seconds}s", "expr": expr, "exp_samples": samples}
        return self._ask(folder, [expected])

    def is_quiet(self, folder: Path) -> str:
        """What promtool says where any alert fires; nothing where none does."""
        end = f"{(BEFORE + AFTER - 1) * INTERVAL}s"
        return self._ask(folder, [{"eval_time": end, "expr": _firing([".+"]), "exp_samples": []}])

    def _ask(self, folder: Path, expected: object) -> str:
        case = {"interval": "15s", "input_series": list(self._series()), "promql_expr_test": expected}
        rules = str(OBSERVABILITY / "alerts.yml")
        file = folder / "timeline.yml"
        file.write_text(yaml.safe_dump({"rule_files": [rules], "evaluation_interval": "15s", "tests": [case]}))
        status, said = promtool("test", "rules", str(file))
        return said if status else ""

    def _series(self) -> Iterator[dict[str, str]]:
        for service, before in self.before.items():
            after = self.after[service]
            up = {"job": "relais", "service": service, "instance": service}
            yield _one("up", up, f"1x{BEFORE - 1} {int(after is not None)}x{AFTER}")
            for name, labels in before.keys() | (after or {}).keys():
                yield _one(name, dict(labels), self._values((name, labels), before, after))

    def _values(self, series: Series, before: Samples, after: Samples | None) -> str:
        was = "_" if series not in before else f"{before[series]:.17g}"
        if after is None:
            return f"{was}x{BEFORE - 1} stale"
        if series[0] == self.growing and series in before and series in after:
            pace = (after[series] - before[series]) / self.seconds * INTERVAL
            return f"{was}x{BEFORE - 1} {before[series] + pace:.17g}+{pace:.17g}x{AFTER}"
        unnoticed = BEFORE + math.ceil(self.seconds / INTERVAL)
        then = f"{after[series]:.17g}" if series in after else "stale"
        return f"{was}x{unnoticed - 1} {then}" + (f"x{AFTER}" if series in after else "")


def _one(name: str, labels: Mapping[str, str], values: str) -> dict[str, str]:
    inner = ", ".join(f"{label}={json.dumps(value)}" for label, value in labels.items())
    return {"series": f"{name}{{{inner}}}", "values": values}


def _firing(alerts: Collection[str]) -> str:
    return f'group by (alertname) (ALERTS{{alertname=~"{"|".join(alerts)}", alertstate="firing"}})'


def _samples(alerts: Collection[str]) -> list[dict[str, object]]:
    return [{"labels": f'{{alertname="{alert}"}}', "value": 1} for alert in alerts]
