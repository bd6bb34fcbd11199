"""What the `relais` command does with referral: make its database, keep its roster, count its coverage."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from services.referral.acts.agreeing import agree
from services.referral.acts.rostering import place_of, take_roster
from services.referral.counting import Counts, number_of_cases
from services.referral.covering import read_coverage
from services.referral.domain.calendars import PARIS
from services.referral.domain.coordination import Coordinator
from services.referral.domain.coverage import Coverage
from services.referral.domain.holders import Changing, OtherSubject, SignInNotAlone, check_subject, holder_of
from services.referral.domain.partners import Partner
from services.referral.domain.roster import Change, Entry, Roster, changes, changes_of_directory, current
from services.referral.domain.yearbook import Year
from services.referral.erasing import due_for_erasure, erase_case, repeat_erasure, undone
from services.referral.migrations import MIGRATIONS
from services.referral.presences import publish_presences
from services.referral.publishing import as_csv, as_page
from services.referral.roster_file import UnusableRoster
from services.referral.settings import ReferralSettings
from services.referral.store import COORDINATORS, FALLBACKS, PARTNERS, POSTS, STATIONS, SUBJECTS, TERRITORIES
from services.referral.yearbooks import Yearbooks, noting
from shared.asking import ask
from shared.contracts.vocabulary import ErasureReason, RosterReason
from shared.delivery.cause import Actor, new_cause
from shared.delivery.migrations import migrate
from shared.delivery.opening import connect, named, open_delivery
from shared.delivery.shelf import Database, Shelf
from shared.settings import ServerSettings
from shared.vault import OF_A_CASE
from shared.watch.metrics import Metrics

Progress = Callable[[int, int], object]


async def migrate_database(settings: ServerSettings) -> list[str]:
    """Make collections, indexes and validators; nothing where they are made. Returns what was applied."""
    async with connect(settings, "relais-migrate") as client:
        return await migrate(client[named(settings, "referral")], MIGRATIONS)


class Why(NamedTuple):
    """Why a roster changes, and who does it, as she signs in; nobody: the installation."""

    reason: RosterReason
    by: str | None = None


async def import_roster(
    settings: ReferralSettings, roster: Roster, reason: RosterReason, by: str | None, *, dry_run: bool = False
) -> list[Change]:
    """Have the départements of this roster as it says, and tell each change; the second time nothing changes.

    The running service moves what whoever is away now has not accepted; `tell_stations` is a step of its own, so that
    nothing that fails after the change looks as if the roster had not been kept.
    `by` is who signs in as that; None: the installation.
    Returns the changes. Raises `UnusableRoster`.
    """

    stations = await _stations(settings)

    def changes_of(known: Iterable[Entry], today: date) -> list[Change]:
        _check(roster, known, stations)
        return changes(known, roster, today)

    return await _change_roster(settings, changes_of, roster.entries(), Why(reason, by), dry_run=dry_run)


async def agree_presence(
    settings: ReferralSettings, post_id: str, station: str, reason: RosterReason, signs_in_as: str, *, agreed: bool
) -> None:
    """Agree, as the coordinator of its département, that a post of elsewhere sits at a station, or agree no longer.

    Raises `NoSuchPost`, `UnusablePost`.
    """
    by = settings.authid_of(signs_in_as)
    async with open_delivery(settings, (), MIGRATIONS, Metrics(settings.service)) as delivery:
        step = partial(agree, post_id, station, by, reason, agreed=agreed)
        with delivery.tracing.hop("command", "agree-presence"):
            await delivery.perform(new_cause(delivery, by=by), step, [(POSTS, post_id), (STATIONS, station)])


async def untold(settings: ReferralSettings) -> list[tuple[str, tuple[str, ...]]]:
    """Who of the roster as it stands today can't be told by any channel, and why."""
    async with connect(settings, "relais-roster-check") as client:
        known, today = await _known(client[named(settings, "referral")]), _today(datetime.now(PARIS))
    return current(known, today).untold()


async def tell_stations(settings: ReferralSettings) -> None:
    """Tell stations of their presences as the roster now stands. The running service does so each hour too."""
    async with open_delivery(settings, (), MIGRATIONS, Metrics(settings.service)) as delivery:
        await publish_presences(delivery)


async def import_partners(
    settings: ReferralSettings, departement: str, partners: Sequence[Partner], why: Why, *, dry_run: bool = False
) -> list[Change]:
    """Have the partners of a département that a public directory names; those entered by hand stay."""

    def changes_of(known: Iterable[Entry], today: date) -> list[Change]:
        return changes_of_directory(known, partners, departement, today)

    return await _change_roster(settings, changes_of, partners, why, dry_run=dry_run)


async def _change_roster(
    settings: ReferralSettings,
    changes_of: Callable[[Iterable[Entry], date], list[Change]],
    wanted: Sequence[Entry],
    why: Why,
    *,
    dry_run: bool,
) -> list[Change]:
    actor = Actor("app_user", str(settings.authid_of(why.by))) if why.by else None
    async with open_delivery(settings, ("contact",), MIGRATIONS, Metrics(settings.service)) as delivery:
        known, today = await _known(delivery.database), _today(delivery.clock.now())
        planned = changes_of(known, today)
        await _check_subjects(delivery.database, planned, why.reason)
        if dry_run:
            return planned
        keys = list(dict.fromkeys(place_of(each) for each in (*known, *wanted)))
        change = Changing(why.reason, settings.address_digest_of)
        take = partial(take_roster, lambda known: changes_of(known, today), keys, change)
        with delivery.tracing.hop("command", "import-roster"):
            made: list[Change] = await delivery.perform(new_cause(delivery, by=actor), take, keys)
        return made


async def _check_subjects(database: Database, planned: Iterable[Change], reason: RosterReason) -> None:
    """Check that nobody's id goes to somebody else. Raises `UnusableRoster`, which names all of them."""
    rows, faults = (await ask(database, [(SUBJECTS.name, [])]))[0], list[str]()
    known = {row["_id"]: SUBJECTS.state(row).authid for row in rows}
    for each in planned:
        holder, then = holder_of(each.after), holder_of(each.before)
        same = then.authid if then and holder and then.key == holder.key else None
        try:
            check_subject(each.before, each.after, known.get(holder.key, same) if holder else None, reason)
        except (OtherSubject, SignInNotAlone) as refused:
            faults.append(f"{holder.who.id if holder else each.name}: {refused.__doc__}")
    if faults:
        raise UnusableRoster(faults)


async def due_cases(settings: ReferralSettings) -> int:
    """How many cases are due for erasure now."""
    async with connect(settings, "relais-erase") as client:
        return len(await due_for_erasure(client[named(settings, "referral")], settings.keep(), most=10**6))


async def erase_due_cases(settings: ReferralSettings, progress: Callable[[], object]) -> int:
    """Erase every case that is due, now. Returns how many. `progress` is called after each."""
    erased = 0
    async with open_delivery(settings, OF_A_CASE, MIGRATIONS, Metrics(settings.service)) as delivery:
        while due := await due_for_erasure(delivery.database, settings.keep()):
            for case_id in due:
                with delivery.tracing.hop("command", "erase-case", case_id=case_id):
                    await erase_case(delivery, case_id, ErasureReason.RETENTION)
                erased += 1
                progress()
    return erased


async def undone_erasures(settings: ReferralSettings, erased: Sequence[UUID]) -> list[UUID]:
    """Those of these cases of which something can be read again, since a backup was restored."""
    async with open_delivery(settings, OF_A_CASE, MIGRATIONS, Metrics(settings.service)) as delivery:
        return await undone(delivery, erased)


async def repeat_erasures(settings: ReferralSettings, cases: Sequence[UUID], progress: Callable[[], object]) -> None:
    """Erase these cases again. `progress` is called after each."""
    async with open_delivery(settings, OF_A_CASE, MIGRATIONS, Metrics(settings.service)) as delivery:
        for case_id in cases:
            with delivery.tracing.hop("command", "erase-case", case_id=case_id):
                await repeat_erasure(delivery, case_id)
            progress()


async def show_statistics(settings: ReferralSettings, year: int, progress: Progress) -> Year:
    """The numbers of a year as they were published; they are now, where it is over. Raises `NotPublished`.

    `progress` is called with how many more cases were looked at, and of how many.
    """
    async with open_delivery(settings, ("file",), MIGRATIONS, Metrics(settings.service)) as delivery:
        counts, now = Counts(delivery.database, delivery.vault), delivery.clock.now()
        yearbooks = Yearbooks(counts, settings.terms(), settings.hidden_below, noting(delivery))
        number = await number_of_cases(delivery.database, year)

        async def tell(looked_at: int) -> None:
            progress(looked_at, number)

        return await yearbooks.publish(year, now, tell)


def write_statistics(found: Year, *, for_print: bool) -> str:
    """The year as a page with charts, or with one line a count."""
    return as_page(found) if for_print else as_csv(found)


async def show_coverage(settings: ReferralSettings, on: date | None, since: date | None) -> Sequence[Coverage]:
    """The coverage of every département, today or on another day."""
    async with connect(settings, "relais-coverage") as client:
        database = client[named(settings, "referral")]
        return await read_coverage(database, on or _today(datetime.now(PARIS)), since)


async def _known(database: Database) -> list[Entry]:
    shelves: tuple[Shelf[Any], ...] = (POSTS, COORDINATORS, TERRITORIES, FALLBACKS, PARTNERS)
    answers = await ask(database, [(shelf.name, []) for shelf in shelves])
    return [shelf.state(row) for shelf, rows in zip(shelves, answers, strict=True) for row in rows]


async def _stations(settings: ReferralSettings) -> dict[str, str]:
    """The département of each station that is known."""
    async with connect(settings, "relais-roster-check") as client:
        [rows] = await ask(client[named(settings, "referral")], [(STATIONS.name, [])])
    return {each.station: each.departement for each in map(STATIONS.state, rows)}


def _check(roster: Roster, known: Iterable[Entry], stations: Mapping[str, str]) -> None:
    coordinated = [each.departement for each in known if isinstance(each, Coordinator)]
    faults = roster.faults(() if roster.coordinators is not None else coordinated) + roster.foreign(known, stations)
    if faults:
        raise UnusableRoster(faults)


def _today(now: datetime) -> date:
    return now.astimezone(PARIS).date()
