"""A lane of referral on a real MongoDB: three posts, of which one covers two stations, and a coordinator."""

from base64 import b64encode
from typing import Any

from pymongo import AsyncMongoClient

from services.referral.handlers import book_of
from services.referral.migrations import MIGRATIONS
from services.referral.store import COORDINATORS, POSTS
from shared.contracts.events import ReportAccepted
from shared.delivery.migrations import migrate
from shared.delivery.relais_door import RelaisDoor
from shared.delivery.shelf import Tracked
from shared.vault import Plain, Vault
from shared.vault import migrate as migrate_vault
from tests.delivery.lane_of_one import Bench
from tests.referral.builders import TERMS, a_coordinator, a_post, a_presence

STATIONS = ("PN-31-0001", "GN-31-0412", "PN-31-0666")
KEPT = ("cases", "deadlines", "dossiers", "marks")


async def open_bench(mongo: AsyncMongoClient[dict[str, Any]], namespace: str) -> Bench:
    """The lane, with its roster and nothing else."""
    made = Bench(mongo[f"{namespace}_referral"], mongo[f"{namespace}_vault"])
    made.book = book_of(TERMS)
    made.door = RelaisDoor(made.book, made.vault)
    await migrate(made.database, MIGRATIONS)
    await migrate_vault(made.vault_database)
    first, second = (a_presence(station=station) for station in STATIONS[:2])
    posts = [a_post("post-1", first), a_post("post-2", first, second), a_post("post-3", second)]
    rows = [Tracked((POSTS, post.id), post, rev=1) for post in posts]
    await made.database["posts"].insert_many([row.document() for row in rows])
    await made.database["coordinators"].insert_one(Tracked((COORDINATORS, "31"), a_coordinator(), rev=1).document())
    return made


async def wiped(bench: Bench) -> None:
    """Forget every case, as a referral that has just been given its roster."""
    await bench.wipe((*KEPT, "inbox", "outbox", "unsent", "set_aside", "streams"))


async def sealed(vault: Vault, report: ReportAccepted) -> dict[str, str]:
    """What stands sealed in a report."""
    marks, blocks = report.sealed_members(), report.blocks()
    plain = [Plain(marks[name], str(report.case_id), block) for name, block in blocks.items()]
    return {name: b64encode(each).decode() for name, each in zip(blocks, await vault.seal_many(plain), strict=True)}
