"""`python -m tests.clocks [moment…]`: what depends on day and hour, with all clocks shifted to these moments, or all.

Tests, services, Kafka, MongoDB and what else they start share one shifted clock: a library that each of them preloads
(docs/decisions/0030). The machine's own clock stays as it is.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import typer

from deploy.local import ROOT
from tests.clocks.moments import PARIS, moments

SHIFT = Path(__file__).with_name("shift.so")
FOLDERS = ("clocks", "flow", "intake", "issuer", "kit", "notification", "referral", "system", "web")
FILES = (
    *("audit/test_completeness.py", "audit/test_doors.py", "audit/test_epochs.py", "audit/test_searching.py"),
    *("delivery/test_days.py", "delivery/test_keeping.py", "delivery/test_lease.py", "delivery/test_periodic.py"),
    *("deploy/test_receivers.py", "vault", "watch"),
)
CAMPAIGNS = (
    *("flow/test_campaign.py", "flow/test_cluster.py", "flow/test_storm.py"),
    *("audit/test_campaign.py", "notification/test_campaign.py"),
)
"""They last, and know no hour."""
TESTS = [f"tests/{each}" for each in (*FOLDERS, *FILES)] + [f"--ignore=tests/{each}" for each in CAMPAIGNS]


def main(names: Sequence[str]) -> int:
    """Run the tests, then the demo, at each moment; the number of moments at which something failed."""
    known = moments(datetime.now(UTC))
    if unknown := set(names) - set(known):
        typer.echo(f"There is no moment {', '.join(unknown)}. Use some of {', '.join(known)}.", err=True)
        return 2
    failed = [name for name in names or known if not _holds_at(name)]
    typer.echo(f"Failed at: {', '.join(failed) or 'none of ' + ', '.join(names or known)}")
    return len(failed)


def _holds_at(name: str) -> bool:
    at = moments(datetime.now(UTC))[name]
    typer.echo(f"{name}: {at:%A %d %B %Y %H:%M} in Paris")
    with tempfile.TemporaryDirectory() as folder:
        environment = {**_shifted(at), "RELAIS_STATE": folder}
        _check_shifted(environment, at)
        commands = (["pytest", "-q", *TESTS], ["deploy.demo"], ["deploy.local", "down"])
        ended = [subprocess.run([sys.executable, "-m", *each], cwd=ROOT, env=environment) for each in commands]  # noqa: PLW1510, S603
    return not any(each.returncode for each in ended)


def _shifted(at: datetime) -> Mapping[str, str]:
    own = {"CLOCK_SHIFT": str(round((at - datetime.now(UTC)).total_seconds())), "LD_PRELOAD": str(SHIFT)}
    return {name: value for name, value in os.environ.items() if not name.startswith("RELAIS_")} | own


def _check_shifted(environment: Mapping[str, str], at: datetime) -> None:
    """Raise where a process that we start does not see that moment: then nothing would be tried."""
    tell = "from datetime import UTC, datetime; print(datetime.now(UTC).isoformat())"
    told = subprocess.check_output([sys.executable, "-c", tell], env=environment, text=True)  # noqa: S603
    seen = datetime.fromisoformat(told.strip())
    if abs((seen - at).total_seconds()) > 60:
        raise SystemExit(f"Clocks are not shifted: a process sees {seen.astimezone(PARIS)}, not {at}.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
