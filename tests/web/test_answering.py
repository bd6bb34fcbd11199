"""What an operator sets about tokens and sign-ins is what the doors ask for."""

import pytest

from shared.settings import ServiceSettings
from shared.web.answering import sign_in_of, terms_of
from shared.web.doors import SignIn
from shared.web.tokens import TokenTerms

SET = {
    "RELAIS_AUDIENCE": "relais-referral",
    "RELAIS_TOKEN_LIFE": "5400",
    "RELAIS_TOKEN_AGE": "7200",
    "RELAIS_SCOPE": "cases",
    "RELAIS_TOKEN_PROFILE": "jwt",
    "RELAIS_SIGN_IN_ACR": "2 3",
    "RELAIS_SIGN_IN_AMR": "pwd mfa",
    "RELAIS_KAFKA": "127.0.0.1:9092",
    "RELAIS_MONGO": "mongodb://127.0.0.1/",
    "RELAIS_ISSUER": "https://issuer.example",
    "RELAIS_AUTHID_SECRET": "s" * 32,
    "RELAIS_HTTP_PORT": "0",
    "RELAIS_METRICS_PORT": "0",
}


def test_what_is_set_about_tokens_reaches_the_doors(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SET.items():
        monkeypatch.setenv(name, value)
    settings = ServiceSettings()
    assert terms_of(settings) == TokenTerms("relais-referral", 5400, 7200, "cases", "jwt")
    assert sign_in_of(settings) == SignIn(("2", "3"), ("pwd", "mfa"))


@pytest.mark.parametrize("name", ["RELAIS_SCOPE", "RELAIS_SIGN_IN_ACR"])
def test_a_setting_that_goes_into_a_challenge_breaks_out_of_none(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for each, value in (SET | {name: '2", error="x'}).items():
        monkeypatch.setenv(each, value)
    with pytest.raises(ValueError, match="pattern"):
        ServiceSettings()
