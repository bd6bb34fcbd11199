"""What the machine itself must have: each thing is looked for first, and named with the line that installs it."""

import re
import shutil
import subprocess
from pathlib import Path

from deploy.local.trouble import StackTrouble

JAVA = 17
INSTALL_JAVA = "apt-get install openjdk-17-jre-headless"
INSTALL_MAVEN = "apt-get install maven"
INSTALL_LIBRARIES = "apt-get install libcurl4 libssl3"


class ToolMissing(StackTrouble):
    """A tool of the system is missing; the message names the line that installs it."""

    def __init__(self, what: str, line: str) -> None:
        super().__init__(f"{what}. On Debian or Ubuntu: {line}")


def check_java() -> None:
    """Raise `ToolMissing` unless a Java that can run Kafka is here."""
    java = shutil.which("java")
    if not java:
        raise ToolMissing("Kafka needs Java 17 or newer, and no `java` is on the PATH", INSTALL_JAVA)
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    if not version or int(version[1]) < JAVA:
        raise ToolMissing(f"Kafka needs Java {JAVA} or newer, and {java} is not", INSTALL_JAVA)


def check_maven() -> None:
    """Raise `ToolMissing` unless Maven is here."""
    if not shutil.which("mvn"):
        raise ToolMissing("Kafka's jars come by Maven, and no `mvn` is on the PATH", INSTALL_MAVEN)


def check_mongod(mongod: Path) -> None:
    """Raise `StackTrouble` unless this mongod can run here."""
    try:
        done = subprocess.run([mongod, "--version"], capture_output=True, text=True, check=False)
    except OSError as error:
        raise StackTrouble(
            f"{mongod} cannot run here ({error.strerror}): set RELAIS_MONGOD to a mongod 6.0 or newer."
        ) from None
    if "error while loading shared libraries" in done.stderr:
        library = done.stderr.strip().rpartition("libraries: ")[2]
        raise ToolMissing(f"mongod lacks a library ({library})", INSTALL_LIBRARIES)
    if done.returncode:
        raise StackTrouble(f"{mongod} cannot run here: set RELAIS_MONGOD to a mongod 6.0 or newer.")
