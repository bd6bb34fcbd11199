"""Puts odd names in, and looks for them in everything that comes out."""

from collections.abc import AsyncIterator

import httpx

from tests.flow.house import House, members

CANARIES = (b"Canari", b"Fictive", b"+3363998", b"violence-in-couple", b"officer-", b"un SMS d'abord", b"shelter")


async def outlets(house: House) -> AsyncIterator[tuple[str, bytes]]:
    """Everything that comes out of the house, by where it was found."""
    for said in await house.history():
        yield said.topic, said.value + repr(said.headers).encode()
    for name in await house.mongo.list_database_names():
        if name.startswith(f"{house.namespace}_"):
            for collection in await house.mongo[name].list_collection_names():
                async for row in house.mongo[name][collection].find():
                    yield f"{name}.{collection}", repr(row).encode()
    yield "logs", house.logs().encode()
    yield "traces", house.traces.read_bytes()
    for mail in house.mails():
        yield "mail", mail.encode()
    for service in house.services.values():
        yield "metrics", (await house.client.get(service.metrics_address)).content


async def leaks(house: House) -> set[tuple[str, bytes]]:
    return {(where, canary) async for where, text in outlets(house) for canary in CANARIES if canary in text}


async def test_no_canary_is_heard_outside_the_seals(house: House) -> None:
    sample = await house.a_sample("canary")
    await house.send(sample)
    [receipt] = await house.heard("station.receipt-issued.v1", sample.key.decode())
    [case] = {s.key for s in await house.history(["relais.intake"]) if members(s).get("report_id") == receipt.key}
    await house.heard("notification.sent.v1", case, many=2)
    assert await leaks(house) == set()


async def test_a_refusal_at_a_door_repeats_nothing_of_what_was_asked(house: House) -> None:
    for service in house.services.values():
        answer: httpx.Response = await house.client.get(f"{service.address}/v1/Canari?name=Canari")
        assert b"Canari" not in answer.content


async def test_the_canary_is_heard_where_something_is_not_sealed(house: House) -> None:
    unsealed = house.mongo[f"{house.namespace}_referral"]["unsealed"]
    await unsealed.insert_one({"name": "Canari-007"})
    found = await leaks(house)
    await unsealed.drop()
    assert found == {(f"{house.namespace}_referral.unsealed", b"Canari")}
