import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError
from pymongo.errors import OperationFailure
from structlog.testing import capture_logs

from shared.delivery.periodic import ItemsFailed, Job, PeriodicTask, for_each
from shared.watch.metrics import TASK_FAILING_SECONDS, TASK_FAILURES, TASK_LAST_SUCCESS, Measure, Metrics
from shared.watch.tasks import BROKEN_SECONDS, Tasks, TaskStatus

NAME = "send-unsent"


class Now:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def raising(error: Exception) -> Job:
    async def fail() -> None:
        raise error

    return fail


async def nothing() -> None:
    """A job that succeeds."""


async def done_once(job: Job, tasks: Tasks, every: float = 0.0) -> None:
    """Let a job be done once, and its task be cancelled while it pauses."""
    task = asyncio.create_task(PeriodicTask(tasks, NAME, job, every=every or 3600).run())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def measured(metrics: Metrics, measure: Measure[Any], sample: str = "") -> float | None:
    name = sample or measure.name
    return metrics.registry.get_sample_value(name, {"service": "referral", "task": NAME})


@pytest.mark.parametrize("is_error", [True, False])
async def test_a_task_ends_although_a_library_swallows_its_cancellation(is_error: bool) -> None:
    begun = asyncio.Event()

    async def swallow() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            if is_error:
                raise ValueError from None

    task = asyncio.create_task(PeriodicTask(Tasks(), NAME, swallow, every=0).run())
    await begun.wait()
    task.cancel()
    async with asyncio.timeout(5):
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_job_that_fails_is_done_again() -> None:
    times = 0

    async def fail() -> None:
        nonlocal times
        times += 1
        raise OSError

    task = asyncio.create_task(PeriodicTask(Tasks(), NAME, fail, every=0).run())
    while times < 3:  # noqa: ASYNC110
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_failure_of_a_job_is_counted_by_its_name() -> None:
    metrics = Metrics("referral")
    await done_once(raising(ValueError("Canari")), Tasks(metrics))
    assert measured(metrics, TASK_FAILURES, "relais_task_failures_total") == 1


async def test_a_counter_of_failures_stands_at_0_before_the_first_one() -> None:
    metrics = Metrics("referral")
    await done_once(nothing, Tasks(metrics))
    assert measured(metrics, TASK_FAILURES, "relais_task_failures_total") == 0


async def test_the_time_of_the_last_success_is_measured_by_the_name_of_the_job() -> None:
    metrics = Metrics("referral")
    await done_once(nothing, Tasks(metrics))
    assert (measured(metrics, TASK_LAST_SUCCESS) or 0) > 0
    assert measured(metrics, TASK_FAILING_SECONDS) == 0


@pytest.mark.parametrize(
    ("error", "code"),
    [(OSError(111, "Canari"), 111), (OperationFailure("Canari", 290), 290), (ValueError("Canari"), None)],
)
async def test_the_log_tells_which_job_failed_and_why_without_the_text_of_the_error(
    error: Exception, code: int | None
) -> None:
    with capture_logs() as lines:
        await done_once(raising(error), Tasks())
    [line] = lines
    assert (line["event"], line["what"], line["error"], line["code"]) == (
        "task-failed",
        NAME,
        type(error).__name__,
        code,
    )


def broken(status: TaskStatus, now: Now, *, after: float) -> bool:
    now.seconds += after
    return status.is_broken()


@pytest.mark.parametrize(
    ("what_happens", "after", "is_broken"),
    [
        (lambda status: status.succeeded(), 30, False),
        (lambda status: status.succeeded(), BROKEN_SECONDS * 3, True),
        (lambda status: status.failed(), 30, False),
        (lambda status: status.failed(), BROKEN_SECONDS + 1, True),
        (lambda status: status.failed(partly=True), BROKEN_SECONDS + 1, False),
    ],
    ids=["has succeeded", "hangs", "failed just now", "fails for long", "fails for some items"],
)
def test_a_job_is_broken_when_the_whole_of_it_was_not_done_for_too_long(
    what_happens: Callable[[TaskStatus], None], after: float, is_broken: bool
) -> None:
    now = Now()
    status = TaskStatus(NAME, 61, clock=now)
    what_happens(status)
    assert broken(status, now, after=after) is is_broken


def test_a_job_whose_items_fail_is_failing_until_it_succeeds_as_a_whole() -> None:
    now = Now()
    status = TaskStatus(NAME, 61, clock=now)
    status.failed(partly=True)
    now.seconds += 40
    assert status.failing_seconds() == 40
    status.succeeded()
    assert status.failing_seconds() == 0


async def test_a_service_with_a_broken_job_is_not_ready() -> None:
    tasks = Tasks()
    tasks.watch(NAME, every=1)
    assert await tasks.are_done()
    tasks.watch("hangs", every=-200)
    assert not await tasks.are_done()
    assert tasks.broken() == ["hangs"]


async def test_an_item_that_fails_does_not_stop_the_others() -> None:
    done = list[str]()

    async def do(item: str) -> None:
        if item == "bad":
            raise KeyError(item)
        done.append(item)

    with pytest.raises(ItemsFailed):
        await for_each(["first", "bad", "last"], do, NAME, "station")
    assert done == ["first", "last"]


async def test_items_are_not_tried_one_after_the_other_while_a_server_is_away() -> None:
    tried = list[str]()

    async def do(item: str) -> None:
        tried.append(item)
        raise KafkaConnectionError

    with pytest.raises(KafkaConnectionError):
        await for_each(["first", "second"], do, NAME)
    assert tried == ["first"]


async def test_items_that_may_go_side_by_side_wait_for_each_other_and_for_no_more() -> None:
    together, done = asyncio.Barrier(2), list[str]()

    async def do(item: str) -> None:
        await together.wait()
        done.append(item)
        if item == "bad":
            raise KeyError(item)

    with pytest.raises(ItemsFailed):
        await for_each(["first", "bad", "third", "last"], do, NAME, at_once=2)
    assert sorted(done) == ["bad", "first", "last", "third"]
