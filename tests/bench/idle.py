"""What the services use while nothing happens, and how soon they can be relied on after their servers."""

import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from statistics import median

from deploy.demo.house import House
from deploy.local.services import start_together
from deploy.local.stack import Stack
from tests.bench.rows import Row, Used, used

SETTLING, SECONDS, STARTS = 20, 60, 3
MEBI = 1024 * 1024


def measure(stack: Stack, say: Callable[[str], None]) -> list[Row]:
    """Four idle services beside a process that only imports what they import and connects."""
    house = House(stack)
    house.open()
    with ExitStack() as ending:
        ending.callback(house.close)
        starts = [_start_again(house, say) for _ in range(STARTS)]
        bare = ending.enter_context(
            subprocess.Popen([sys.executable, "-m", "tests.bench.idle_floor"], env=_environment(house))
        )
        ending.callback(bare.terminate)
        pids = {name: service.process.pid() or 0 for name, service in house.services.items()} | {"floor": bare.pid}
        say(f"Idle: watching for {SECONDS} s")
        time.sleep(SETTLING)
        before = {name: used(pid) for name, pid in pids.items()}
        time.sleep(SECONDS)
        after = {name: used(pid) for name, pid in pids.items()}
    ready = f"{median(starts):.1f} s ({min(starts):.1f} to {max(starts):.1f})"
    rows = [_rows(name, before[name], after[name], before["floor"], after["floor"]) for name in house.services]
    return [Row("all four ready after", "", ready, "", "≤ 6 s"), *(row for some in rows for row in some)]


def _start_again(house: House, say: Callable[[str], None]) -> float:
    """Seconds from starting all four to all four saying that they are ready."""
    say("Idle: starting the four services")
    for service in house.services.values():
        service.stop()
    started = time.monotonic()
    start_together(house.services.values())
    return time.monotonic() - started


def _rows(name: str, before: Used, after: Used, floor_before: Used, floor: Used) -> tuple[Row, ...]:
    cores, floors = after.cores_since(before), floor.cores_since(floor_before)
    return (
        _memory(f"{name}, idle, PSS", after.pss, floor.pss),
        _memory(f"{name}, idle, RSS", after.rss, floor.rss),
        Row(f"{name}, idle, of a core", f"{floors:.1%}", f"{cores:.1%}", "", "< 2 %"),
    )


def _memory(what: str, ours: int, floor: int) -> Row:
    return Row(what, f"{floor / MEBI:.0f} MiB", f"{ours / MEBI:.0f} MiB", f"{ours / floor:.2f}", "≤ 1.2")


def _environment(house: House) -> dict[str, str]:
    return {**house.stack.settings(), **house.settings(), "PATH": "/usr/bin:/bin"}
