"""Several collections are asked together, and each answers for itself."""

from shared.asking import MOST_OF_AN_ANSWER, ask
from tests.delivery.lane_of_one import Bench


async def test_each_question_has_its_own_answer_also_where_a_collection_is_not_there_yet(bench: Bench) -> None:
    database = bench.database
    await database["birds"].insert_many([{"_id": n, "kind": kind} for n, kind in enumerate(("tit", "owl", "tit"))])
    tits: list[dict[str, object]] = [{"$match": {"kind": "tit"}}]
    many: list[dict[str, object]] = [{"$group": {"_id": "$kind", "many": {"$sum": 1}}}, {"$sort": {"_id": 1}}]
    nothing, first, second = await ask(database, [("fish", tits), ("birds", tits), ("birds", many)])
    assert nothing == []
    assert first == [{"_id": 0, "kind": "tit"}, {"_id": 2, "kind": "tit"}]
    assert second == [{"_id": "owl", "many": 1}, {"_id": "tit", "many": 2}]


async def test_an_answer_may_be_longer_than_what_comes_at_once(bench: Bench) -> None:
    several = MOST_OF_AN_ANSWER + 5
    await bench.database["flock"].insert_many([{"_id": n} for n in range(several)])
    (birds,) = await ask(bench.database, [("flock", [])])
    assert len(birds) == several


async def test_no_question_has_no_answer(bench: Bench) -> None:
    assert await ask(bench.database, []) == []
