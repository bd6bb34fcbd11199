"""An operator changes who may report: shown first, then all of it, and referral and the log know."""

import asyncio
import json
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from joserfc.jwk import OKPKey

from cli.quotas import read_quotas
from deploy.demo.book import SAMPLES
from tests.flow.command import type_
from tests.flow.house import PATIENCE, House

NEW = "PN-31-0777,police,31,31555,Europe/Paris,{}\n"
HEAD = "station,force,departement,commune,zone,integrator\n"


async def import_(house: House, *words: str) -> tuple[int, str]:
    return await type_(house, "stations", "import", *words, "--reason", "opening", "--by", "operator-1")


def table(folder: Path, *lines: str) -> str:
    """The sample registry as a table, with lines more."""
    registry = json.loads((SAMPLES / "registry.json").read_text("utf-8"))
    speaker = {code: each["code"] for each in registry["integrators"] for code in each["stations"]}
    rows = ["{code},{force},{departement},{commune},{zone}".format(**each) for each in registry["stations"]]
    named = [f"{row},{speaker[row.split(',')[0]]}\n" for row in rows]
    path = folder / "stations.csv"
    path.write_text("".join([HEAD, *named, *lines]), encoding="utf-8")
    return str(path)


async def test_a_station_is_registered_and_everybody_knows(house: House, tmp_path: Path) -> None:
    file = table(tmp_path, NEW.format("police"))
    status, shown = await import_(house, file, "--dry-run")
    assert status == 0 and "PN-31-0777" in shown and "register" in shown
    status, said = await import_(house, file, "--yes")
    assert status == 0 and "2 changes" in said
    assert (await import_(house, file, "--yes"))[1] == "Nothing changes.\n"
    told = [s for s in await house.history(["relais.intake"]) if s.key == "PN-31-0777"]
    assert [each.headers["ce_type"] for each in told] == ["station.registered.v1"]
    assert told[0].headers["ce_authid"]
    known = house.mongo[f"{house.namespace}_referral"]["stations"]
    async with asyncio.timeout(PATIENCE):
        while not await known.find_one({"_id": "PN-31-0777"}):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    status, said = await import_(house, table(tmp_path), "--yes")
    assert status == 0 and "2 changes" in said


async def keys_of(house: House, code: str) -> list[str]:
    """Which keys an issuer is given of an integrator."""
    answer = await house.client.get(f"{house.services['intake'].address}/v1/integrators/{code}/jwks.json")
    assert answer.status_code == 200
    return [each["kid"] for each in answer.json()["keys"]]


async def test_an_integrator_s_keys_are_given_to_the_issuer_until_they_are_taken_back(
    house: House, tmp_path: Path
) -> None:
    file, registry = tmp_path / "registry.json", json.loads((SAMPLES / "registry.json").read_text("utf-8"))
    key = OKPKey.generate_key("Ed25519", {"kid": "of-november"}).as_dict(private=False)
    for keys, given in (([key], ["of-november"]), ([], [])):
        registry["integrators"][0]["keys"] = keys
        file.write_text(json.dumps(registry), encoding="utf-8")
        status, said = await import_(house, str(file), "--yes")
        assert status == 0 and "1 changes" in said and "of-november" in said
        # A table of stations says nothing of keys: they stay.
        assert (await import_(house, table(tmp_path), "--yes"))[1] == "Nothing changes.\n"
        assert await keys_of(house, registry["integrators"][0]["code"]) == given
    told = [s for s in await house.history(["relais.intake"]) if s.headers["ce_type"] == "integrator.registered.v1"]
    assert [json.loads(s.value)["keys"] for s in told[-2:]] == [["of-november"], []]
    stranger = await house.client.get(f"{house.services['intake'].address}/v1/integrators/nobody/jwks.json")
    assert stranger.status_code == 404


async def test_a_faulty_file_changes_nothing_and_names_every_line(house: House, tmp_path: Path) -> None:
    faulty = NEW.format("police").replace("Europe/Paris", "Europe/Foix")
    status, said = await import_(house, table(tmp_path, faulty), "--yes")
    assert status == 1 and "line 8, column 5: zone: is no time zone" in said and "nothing was changed" in said


async def test_every_integrator_of_the_registry_has_a_quota_at_kafka(house: House, kafka: str) -> None:
    status, said = await type_(house, "stations", "quotas", "--bytes-a-second", "200000")
    assert status == 0 and "police: 200000 bytes a second" in said
    status, again = await type_(house, "stations", "quotas", "--bytes-a-second", "200000")
    assert status == 0 and again.startswith("0 of ")
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        set_for = await read_quotas(admin, ["police", "nobody"])
    finally:
        await admin.close()
    assert set_for == {
        "police": {"producer_byte_rate": 200000, "consumer_byte_rate": 200000, "request_percentage": 50},
        "nobody": {},
    }
