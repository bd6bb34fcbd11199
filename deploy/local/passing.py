"""Stacks that live no longer than whoever uses them, even if that one is killed."""

import fcntl
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from deploy.local import HERE
from deploy.local.stack import Stack, outside_servers

PASSING = HERE / "test"


@contextmanager
def passing_stack(environment: Mapping[str, str], parent: Path = PASSING, *, cluster: bool = False) -> Iterator[Stack]:
    """A stack in a new folder, nothing of it started yet, ended at the end; its folder stays if an error leaves."""
    sweep(parent)
    folder = parent / uuid4().hex[:8]
    folder.mkdir(parents=True)
    # Children do not inherit the file: the kernel frees the lock when its owner is gone, however it went.
    with (folder / "owner").open("w") as owner:
        fcntl.flock(owner, fcntl.LOCK_EX)
        stack = Stack(folder, outside=outside_servers(environment, folder), cluster=cluster)
        try:
            yield stack
        finally:
            stack.stop()
    shutil.rmtree(folder)


def sweep(parent: Path = PASSING) -> None:
    """End and remove the stacks whose owners are gone."""
    for folder in parent.glob("*/owner"):
        with folder.open() as owner:
            try:
                fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            Stack(folder.parent).stop()
        shutil.rmtree(folder.parent)
