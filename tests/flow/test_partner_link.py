"""A partner without an account, from its mail to its answer: a link by mail, a code by SMS, the name after a yes."""

from tests.flow.house import House, members
from tests.flow.partner import partner_accepts


async def test_a_partner_opens_its_mail_asks_for_a_code_and_accepts(house: House) -> None:
    sample = await house.a_sample("for-a-partner")
    await house.send(sample)
    [receipt] = await house.heard("station.receipt-issued.v1", sample.key.decode())
    [case] = {s.key for s in await house.history(["relais.intake"]) if members(s).get("report_id") == receipt.key}
    await partner_accepts(house, case)
    await house.heard("case.referral-answered.v1", case)
