import base64
import hmac
import json
import time
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from shared.web.issuer import IssuerKeys
from shared.web.tokens import TokenRefused, Tokens, TokenTerms
from tests.web.builders import ISSUER, FakeIssuer, a_token


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def forged(header: dict[str, Any], claims: str, signature: bytes = b"x" * 64) -> str:
    return f"{encoded(json.dumps(header).encode())}.{claims}.{encoded(signature)}"


async def is_believed(issuer: FakeIssuer, token: str) -> bool:
    return (await issuer.tokens().check(token)).issuer == ISSUER


async def refusal(issuer: FakeIssuer, token: str) -> str:
    with pytest.raises(TokenRefused) as refused:
        await issuer.tokens().check(token)
    return str(refused.value)


async def test_a_token_of_the_issuer_is_believed() -> None:
    issuer = FakeIssuer()
    token = await issuer.tokens().check(a_token(issuer, roles=["iscg", "coordinator"]))
    assert (token.subject, token.client_id, token.roles) == ("worker-7", "station-desk", ("iscg", "coordinator"))


async def test_when_somebody_signed_in_is_known_where_the_issuer_tells_it() -> None:
    issuer, now = FakeIssuer(), int(time.time())
    for told in (None, 0, now):
        assert (await issuer.tokens().check(a_token(issuer, auth_time=told))).auth_time == told
    for wrong in (True, "now", float(now), -1, now + 3600, 10**30):
        assert await refusal(issuer, a_token(issuer, auth_time=wrong)) == "wrong-claims"


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (OKPKey.generate_key("Ed25519", {"kid": "a"}), "Ed25519"),
        (ECKey.generate_key("P-256", {"kid": "a"}), "ES256"),
        (RSAKey.generate_key(2048, {"kid": "a"}), "RS256"),
    ],
)
async def test_three_algorithms_are_believed_each_with_its_kind_of_key(key: Key, algorithm: str) -> None:
    issuer = FakeIssuer()
    issuer.published = [key.as_dict(private=False)]
    assert await is_believed(issuer, a_token(issuer, key, {"alg": algorithm}))


async def test_an_unsigned_token_is_refused() -> None:
    issuer = FakeIssuer()
    claims = a_token(issuer).split(".")[1]
    for none in ("none", "None", "NONE", ""):
        header = {"alg": none, "typ": "at+jwt", "kid": "one"}
        assert await refusal(issuer, forged(header, claims)) == "wrong-algorithm"
    assert await refusal(issuer, forged({"alg": "none", "typ": "at+jwt", "kid": "one"}, claims, b"")) == "malformed"


async def test_the_issuer_s_public_key_is_no_secret_to_sign_with() -> None:
    key = RSAKey.generate_key(2048, {"kid": "rsa"})
    issuer = FakeIssuer()
    issuer.published = [key.as_dict(private=False)]
    head = encoded(json.dumps({"alg": "HS256", "typ": "at+jwt", "kid": "rsa"}).encode())
    body = a_token(issuer, key, {"alg": "RS256"}).split(".")[1]
    for form in (PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1):
        secret = key.public_key.public_bytes(Encoding.PEM, form)
        signature = hmac.digest(secret, f"{head}.{body}".encode(), sha256)
        assert await refusal(issuer, f"{head}.{body}.{encoded(signature)}") == "wrong-algorithm"


async def test_a_key_that_the_issuer_does_not_publish_is_refused() -> None:
    issuer = FakeIssuer()
    stranger = OKPKey.generate_key("Ed25519", {"kid": "another"})
    assert await refusal(issuer, a_token(issuer, stranger)) == "unknown-key"


async def test_a_stranger_s_signature_under_a_published_key_id_is_refused() -> None:
    issuer = FakeIssuer()
    stranger = OKPKey.generate_key("Ed25519", {"kid": "one"})
    assert await refusal(issuer, a_token(issuer, stranger)) == "bad-signature"


@pytest.mark.parametrize("member", ["jku", "x5u", "jwk", "x5c", "crit", "b64", "zip", "cty"])
async def test_a_token_may_not_bring_its_own_key_or_rules(member: str) -> None:
    issuer = FakeIssuer()
    header = {"alg": "Ed25519", "typ": "at+jwt", "kid": "one", member: "https://attacker.example/keys"}
    assert await refusal(issuer, forged(header, a_token(issuer).split(".")[1])) == "wrong-header"


@pytest.mark.parametrize("header", [{"typ": "JWT"}, {"typ": "dpop+jwt"}, {"kid": None}, {"kid": 1}, {"kid": ["one"]}])
async def test_a_token_of_another_kind_is_refused(header: dict[str, Any]) -> None:
    issuer = FakeIssuer()
    top = {"alg": "Ed25519", "typ": "at+jwt", "kid": "one"} | header
    assert await refusal(issuer, forged(top, a_token(issuer).split(".")[1])) == "wrong-header"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://issuer.example/"},
        {"iss": None},
        {"iss": ["https://issuer.example"]},
        {"aud": "another"},
        {"aud": ["another", "third"]},
        {"aud": None},
        {"aud": {"relais": 1}},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"exp": None},
        {"exp": "9999999999"},
        {"exp": True},
        {"iat": None},
        {"roles": "iscg"},
        {"roles": [{"iscg": True}]},
        {"client_id": 5},
    ],
)
async def test_a_token_with_a_wrong_claim_is_refused(claims: dict[str, Any]) -> None:
    issuer = FakeIssuer()
    assert await refusal(issuer, a_token(issuer, **claims)) == "wrong-claims"


@pytest.mark.parametrize("claims", [{"exp": -61}, {"nbf": 120}, {"iat": 120}])
async def test_a_token_is_refused_outside_of_its_time(claims: dict[str, int]) -> None:
    issuer = FakeIssuer()
    shifted: dict[str, Any] = {name: int(time.time()) + seconds for name, seconds in claims.items()}
    assert await refusal(issuer, a_token(issuer, **shifted)) == "wrong-claims"


@pytest.mark.parametrize("claims", [{"exp": -30}, {"nbf": 30}, {"iat": 30}])
async def test_clocks_may_differ_by_a_minute(claims: dict[str, int]) -> None:
    issuer = FakeIssuer()
    shifted: dict[str, Any] = {name: int(time.time()) + seconds for name, seconds in claims.items()}
    assert await is_believed(issuer, a_token(issuer, **shifted))


async def test_a_token_for_several_audiences_is_believed_by_each() -> None:
    issuer = FakeIssuer()
    assert await is_believed(issuer, a_token(issuer, aud=["another", "relais"]))


async def test_a_token_with_a_changed_claim_is_refused() -> None:
    issuer = FakeIssuer()
    head, body, signature = a_token(issuer).split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    changed = encoded(json.dumps(claims | {"roles": ["inspector"]}).encode())
    assert await refusal(issuer, f"{head}.{changed}.{signature}") == "bad-signature"


async def test_another_spelling_of_the_same_bytes_is_refused() -> None:
    issuer = FakeIssuer()
    token = a_token(issuer)
    # 64 bytes leave four unused bits in the last letter: fifteen others decode to the same signature.
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twin = token[:-1] + letters[letters.index(token[-1]) ^ 1]
    assert base64.urlsafe_b64decode(twin.split(".")[2] + "==") == base64.urlsafe_b64decode(token.split(".")[2] + "==")
    assert await refusal(issuer, twin) == "malformed"


@pytest.mark.parametrize("change", [lambda t: t + "=", lambda t: t + "\n", lambda t: " " + t, lambda t: t + ".x"])
async def test_padding_blanks_and_further_parts_are_refused(change: Any) -> None:
    issuer = FakeIssuer()
    assert await refusal(issuer, change(a_token(issuer))) == "malformed"


async def test_a_token_over_eight_kibibytes_is_refused_before_anything_is_read() -> None:
    issuer = FakeIssuer()
    assert await refusal(issuer, a_token(issuer, note="x" * 8000)) == "too-long"
    assert issuer.asked == 0


async def test_claims_that_nest_deep_are_refused_without_harm() -> None:
    issuer = FakeIssuer()
    deep = encoded(b"[" * 3000 + b"]" * 3000)
    assert await refusal(issuer, f"{deep}.{deep[:10]}.{deep[:10]}") in {"malformed", "too-long"}
    nested: list[Any] = []
    for _ in range(900):
        nested = [nested]
    assert await is_believed(issuer, a_token(issuer, note=nested))


@given(st.text(alphabet="abcAB01-_.=\n é", max_size=80))
async def test_no_text_does_more_than_be_refused(text: str) -> None:
    with pytest.raises(TokenRefused):
        await FakeIssuer().tokens().check(text)


async def test_a_token_that_was_believed_is_not_when_its_time_is_over() -> None:
    issuer, now = FakeIssuer(), time.time()
    tokens = Tokens(issuer.keys(), TokenTerms("relais"), clock=lambda: now)
    token = a_token(issuer)
    await tokens.check(token)
    now += 3600
    with pytest.raises(TokenRefused, match="wrong-claims"):
        await tokens.check(token)


async def test_a_token_that_was_believed_is_not_when_its_key_stands_for_another_one() -> None:
    issuer, now = FakeIssuer(), 0.0
    tokens = Tokens(IssuerKeys(ISSUER, issuer.fetch, clock=lambda: now), TokenTerms("relais"))
    token = a_token(issuer)
    await tokens.check(token)
    issuer.published = [OKPKey.generate_key("Ed25519", parameters={"kid": "one"}).as_dict(private=False)]
    now += 3601
    with pytest.raises(TokenRefused, match="bad-signature"):
        await tokens.check(token)


async def told(issuer: FakeIssuer, token: str, **terms: Any) -> str:
    """Why a token is refused on these terms, or nothing."""
    try:
        await issuer.tokens(**terms).check(token)
    except TokenRefused as refused:
        return str(refused)
    return ""


async def test_a_token_lives_an_hour_at_most_and_is_no_older_unless_an_operator_says_so() -> None:
    issuer, now = FakeIssuer(), int(time.time())
    day = a_token(issuer, exp=now + 86400)
    assert await told(issuer, day) == "lives-too-long"
    assert await told(issuer, day, longest_life=86400) == ""
    assert await told(issuer, a_token(issuer, exp=now + 3600)) == ""
    old = a_token(issuer, iat=now - 3700, exp=now + 60)
    assert await told(issuer, old, longest_life=86400) == "too-old"
    assert await told(issuer, old, longest_life=86400, longest_age=7200) == ""


KEYCLOAK = {"typ": "JWT"}, {"typ": "Bearer", "azp": "relais-web", "client_id": None}
ENTRA = {"typ": "JWT", "x5t": "bJ7Uq0gkU1jXb8pJ2r8K9w"}, {"azp": "relais-web", "client_id": None, "scp": "cases"}


@pytest.mark.parametrize(("header", "claims"), [KEYCLOAK, ENTRA])
async def test_what_keycloak_and_entra_send_is_believed_where_an_operator_says_so(
    header: dict[str, Any], claims: dict[str, Any]
) -> None:
    issuer = FakeIssuer()
    token = a_token(issuer, header=header, **claims)
    assert await told(issuer, token) == "wrong-header"
    assert (await issuer.tokens(profile="jwt").check(token)).client_id == "relais-web"


@pytest.mark.parametrize("member", ["jku", "x5u", "jwk", "x5c", "crit", "b64", "zip", "cty"])
async def test_also_then_a_token_brings_no_key_or_rules(member: str) -> None:
    issuer = FakeIssuer()
    token = forged({"alg": "Ed25519", "typ": "JWT", "kid": "one", member: "x"}, a_token(issuer).split(".")[1])
    assert await told(issuer, token, profile="jwt") == "wrong-header"


@pytest.mark.parametrize("mark", ["nonce", "at_hash", "c_hash", "typ"])
async def test_also_then_an_id_token_opens_nothing(mark: str) -> None:
    issuer = FakeIssuer()
    assert (
        await told(issuer, a_token(issuer, header={"typ": "JWT"}, **dict[str, Any]({mark: "x"})), profile="jwt")
        == "id-token"
    )


@pytest.mark.parametrize(
    "claims", [{}, {"scope": "other"}, {"scope": "relais.referral2"}, {"scope": ["relais.referral"]}]
)
async def test_a_token_names_the_scope_that_is_asked(claims: dict[str, Any]) -> None:
    issuer = FakeIssuer()
    assert await told(issuer, a_token(issuer, **claims), scope="relais.referral") == "wrong-scope"
    for name in ("scope", "scp"):
        good = a_token(issuer, **dict[str, Any]({name: "openid relais.referral"}))
        assert await told(issuer, good, scope="relais.referral") == ""
