import asyncio
from uuid import UUID, uuid4, uuid5

from shared.delivery.cause import Cause
from shared.delivery.unit import Work
from tests.delivery.lane_of_one import Bench
from tests.delivery.toy import T0, a_report, standing


async def test_acts_on_one_subject_at_once_all_count_and_none_is_refused(bench: Bench) -> None:
    await bench.wipe()
    case = uuid4()

    def act(work: Work) -> UUID:
        return work.say(standing(a_report(case, 1)), case, correlation=case)

    causes = [Cause(uuid5(case, str(n)), T0) for n in range(4)]
    said = await asyncio.gather(*(bench.delivery.perform(cause, act) for cause in causes))
    await bench.delivery.end()
    sequences = sorted(what.split()[1] for topic, _, what in bench.producer.sent if topic == "relais.standing")
    assert len(set(said)) == 4
    assert sequences == [f"{n:010}" for n in range(1, 5)]


async def test_an_act_is_answered_although_the_broker_is_away_and_sent_once_it_is_back(bench: Bench) -> None:
    await bench.wipe()
    case = uuid4()
    bench.producer.is_up = False
    await bench.delivery.perform(Cause(uuid4(), T0), lambda work: work.say(standing(a_report(case, 1)), case))
    await bench.delivery.end()
    assert bench.producer.sent == []
    bench.producer.is_up = True
    assert await bench.delivery.outbox.sweep(older_than_ms=-1000) == 1
    assert len(bench.producer.sent) == 1


async def test_what_another_process_has_left_unsent_is_sent_first(bench: Bench) -> None:
    await bench.wipe()
    other, case = Bench(bench.database, bench.vault_database), uuid4()
    other.producer.is_up = False

    def act(work: Work) -> UUID:
        return work.say(standing(a_report(case, 1)), case)

    for each in (bench, bench, other, bench, bench):
        await each.delivery.perform(Cause(uuid4(), T0), act)
        await each.delivery.end()
    sequences = [what.split()[1] for _, _, what in bench.producer.sent]
    assert sequences == [f"{n:010}" for n in range(1, 6)]
    await other.vault.close()
