"""What Prometheus would have seen of an outage, laid out for promtool: real samples, at 15 s intervals."""

import json
import math
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from prometheus_client.parser import text_string_to_metric_families

from deploy.local import ROOT
from shared.delivery.lease import LEASE_SECONDS, POLL_SECONDS

OBSERVABILITY = ROOT / "deploy" / "observability"
PROMTOOL = shutil.which("promtool") or str(Path(__file__).parent / "promtool")
INTERVAL, BEFORE, AFTER = 15, 4, 60
"""Seconds between two samples; how many stand before the outage, and how many after."""

OF_MINUTES = ("relais_unfollowed", "relais_notices_oldest")
"""Samples that change only when something has lasted for minutes."""

RETRY_SECONDS = round(LEASE_SECONDS + POLL_SECONDS)
"""After how long a row that could not be performed is tried again."""

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

    `seconds`: after how many the second scrape was made; `skipped`: how many more a test did not wait for, of those
    samples that would have changed so much later. `growing` names a counter that grows by as much again each time that
    what failed is tried again; all other samples stay as they are.
    """

    before: Mapping[str, Samples]
    after: Mapping[str, Samples | None]
    seconds: float
    skipped: float = 0
    growing: str = ""

    def fires(self, alert: str, within: int, folder: Path, which: Mapping[str, str]) -> str:
        """What promtool says where an alert with these labels does not fire within so many seconds; else nothing."""
        labels = {"alertname": alert, **which}
        firing = _selector("ALERTS", labels | {"alertstate": "firing"})
        expected = {
            "eval_time": f"{BEFORE * INTERVAL + within}s",
            "expr": f"group by ({', '.join(labels)}) ({firing})",
            "exp_samples": [{"labels": _selector("", labels), "value": 1}],
        }
        return self._ask(folder, [expected])

    def is_quiet(self, folder: Path) -> str:
        """What promtool says where any alert fires; nothing where none does."""
        firing = 'group by (alertname) (ALERTS{alertstate="firing"})'
        end = f"{(BEFORE + AFTER - 1) * INTERVAL}s"
        return self._ask(folder, [{"eval_time": end, "expr": firing, "exp_samples": []}])

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
            step, tries = after[series] - before[series], [n * INTERVAL // RETRY_SECONDS for n in range(AFTER)]
            return f"{was}x{BEFORE - 1} " + " ".join(f"{before[series] + step * (1 + n):.17g}" for n in tries)
        skipped = self.skipped if series[0].startswith(OF_MINUTES) else 0
        unnoticed = BEFORE + math.ceil((self.seconds + skipped) / INTERVAL)
        then = f"{after[series]:.17g}" if series in after else "stale"
        return f"{was}x{unnoticed - 1} {then}" + (f"x{AFTER}" if series in after else "")


def _one(name: str, labels: Mapping[str, str], values: str) -> dict[str, str]:
    return {"series": _selector(name, labels), "values": values}


def _selector(name: str, labels: Mapping[str, str]) -> str:
    return f"{name}{{{', '.join(f'{label}={json.dumps(value)}' for label, value in labels.items())}}}"
