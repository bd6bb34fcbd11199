"""The engine with the same trivial service as the floor: what its promises cost."""

import asyncio
import sys
import time

import uvloop

from shared.contracts.events import ReportAccepted
from shared.delivery.book import Book
from shared.delivery.broker import Subscription
from shared.delivery.migrations import ENGINE, migrate
from shared.delivery.opening import connect, named, open_delivery, reading
from shared.delivery.process import collect_less
from shared.delivery.relais_door import RelaisDoor
from shared.delivery.unit import Unit, Work
from shared.settings import read_settings
from shared.vault import migrate as migrate_vault
from shared.watch.logs import start_logging
from shared.watch.metrics import Metrics
from tests.bench.load import RECORDS
from tests.delivery.toy import TALLIES, Tally, standing
from tests.delivery.toy_service import ToySettings


def trivial_book() -> Book:
    """Counts a case's reports, and says its standing."""
    book = Book()

    @book.on(ReportAccepted, needs=lambda event, _: [(TALLIES, str(event.case_id))])
    def on_report_accepted(report: ReportAccepted, work: Work) -> None:
        case = str(report.case_id)
        tally = work.get(TALLIES, case) or Tally()
        work.put(TALLIES, case, tally.model_copy(update={"reports": (*tally.reports, report.report_id)}))
        work.say(standing(report), case, of=(TALLIES, case), correlation=case)

    return book


async def main() -> None:
    settings, metrics, book = read_settings(ToySettings), Metrics("referral"), trivial_book()
    async with connect(settings, "bench") as client:
        await migrate_vault(client[named(settings, "vault")])
        await migrate(client[named(settings, "referral")], [ENGINE])
        await client[named(settings, "referral")].create_collection("tallies")
    done, finished = 0, asyncio.Event()

    def count(unit: Unit) -> None:
        nonlocal done
        done += len(unit.inbox)
        if done >= RECORDS:
            finished.set()

    group, topic = named(settings, "engine", "."), named(settings, "relais.intake", ".")
    subscription = Subscription(group, settings.instance, topics=[topic])
    async with open_delivery(settings, ("contact", "set-aside"), [ENGINE], metrics) as delivery:
        delivery.after_commit.append(count)
        door = RelaisDoor(book, delivery.vault)
        async with reading(settings, delivery, book, lambda _topic: door, subscription, metrics=metrics):
            started = time.perf_counter()
            await finished.wait()
            while await delivery.database["unsent"].count_documents({}):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            print(round(time.perf_counter() - started, 3))  # noqa: T201 # its one result


if __name__ == "__main__":
    start_logging("referral", "bench", "ERROR", sys.stderr)
    collect_less()
    uvloop.run(main())
