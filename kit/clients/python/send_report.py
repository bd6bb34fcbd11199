"""A station's software in one file: signs in, seals a report, hands it in until it is taken, and proves its receipt.

    RELAIS_URL=… RELAIS_ISSUER=… RELAIS_CLIENT=gendarmerie RELAIS_SECRET=… python send_report.py content.json

Needs httpx, joserfc, rfc8785.
"""

import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import rfc8785
from joserfc import jwe, jws
from joserfc.jwk import ECKey, OKPKey

URL, ISSUER = os.environ["RELAIS_URL"], os.environ["RELAIS_ISSUER"]
CLIENT, SECRET = os.environ["RELAIS_CLIENT"], os.environ["RELAIS_SECRET"]
STATION = os.environ.get("RELAIS_STATION", "GN-31-0412")
TAKEN = (200, 201, 202)
MOST_TRIES = 6


def token(client: httpx.Client) -> str:
    """An access token: OAuth 2.0 client credentials."""
    about = client.get(f"{ISSUER}/.well-known/openid-configuration").raise_for_status().json()
    form = {"grant_type": "client_credentials"}
    answer = client.post(about["token_endpoint"], data=form, auth=(CLIENT, SECRET)).raise_for_status()
    return str(answer.json()["access_token"])


def key_set(client: httpx.Client) -> list[dict[str, Any]]:
    """Relais' published keys: to seal with, and to check receipts with. Ask again at least once a day."""
    keys: list[dict[str, Any]] = client.get(f"{URL}/.well-known/jwks.json").raise_for_status().json()["keys"]
    return keys


def seal(content: Any, keys: list[dict[str, Any]]) -> str:
    """The content as one compact JWE."""
    key = next(ECKey.import_key(each) for each in keys if each["use"] == "enc")
    header = {"alg": "ECDH-ES+A256KW", "enc": "A256GCM", "kid": key.kid}
    return jwe.encrypt_compact(header, json.dumps(content, ensure_ascii=False).encode(), key)


def hand_in(client: httpx.Client, type_: str, data: dict[str, Any]) -> httpx.Response:
    """Hand an event in. No answer, 503: the very same again. That is always safe."""
    headers = {
        "authorization": f"Bearer {token(client)}",
        "content-type": "application/json",
        "ce-specversion": "1.0",
        "ce-id": str(uuid4()),
        "ce-source": f"/stations/{CLIENT}/{STATION}",
        "ce-type": type_,
    }
    body = json.dumps(data).encode()
    for attempt in range(MOST_TRIES):
        try:
            answer = client.post(f"{URL}/v1/reports", content=body, headers=headers)
            if answer.status_code != 503:
                return answer
            pause = float(answer.headers.get("retry-after", 2**attempt))
        except httpx.TransportError:
            pause = 2**attempt
        time.sleep(pause)
    raise SystemExit("Relais does not answer: keep the report, and try again later.")


def check(receipt: dict[str, Any], keys: list[dict[str, Any]]) -> None:
    """Prove a receipt: the signature of a published key, over what the receipt says."""
    kid = jws.extract_compact(receipt["jws"].encode()).headers()["kid"]
    key = next(OKPKey.import_key(each) for each in keys if each["use"] == "sig" and each["kid"] == kid)
    signed = jws.deserialize_compact(receipt["jws"], key, algorithms=["Ed25519"]).payload
    says = {name: value for name, value in receipt.items() if name not in ("record", "event_id", "jws")}
    if signed != rfc8785.dumps(says):
        raise SystemExit("The receipt is not what Relais has signed.")


def main() -> None:
    """One report: handed in, sent again, corrected, withdrawn."""
    content = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    with httpx.Client(timeout=30) as client:
        keys = key_set(client)

        def tell(type_: str, data: dict[str, Any]) -> None:
            answer = hand_in(client, type_, data)
            if answer.status_code not in TAKEN:
                problem = answer.json()
                raise SystemExit(f"{answer.status_code} {problem['title']}: {problem.get('faults', '')}")
            check(answer.json(), keys)
            print(answer.status_code, answer.json()["outcome"])  # noqa: T201 # what it is for

        now = datetime.now(UTC).isoformat(timespec="seconds")
        report = {"report_id": str(uuid4()), "revision": 1, "station": STATION, "taken_at": now, "urgency": "urgent"}
        tell("station.report-submitted.v1", report | {"test": True, "sealed": seal(content, keys)})
        tell("station.report-submitted.v1", report | {"test": True, "sealed": seal(content, keys)})
        corrected = report | {"revision": 2, "urgency": "immediate", "test": True, "sealed": seal(content, keys)}
        tell("station.report-submitted.v1", corrected)
        withdrawal = {"report_id": report["report_id"], "revision": 3, "station": STATION}
        tell("station.report-withdrawn.v1", withdrawal | {"withdrawn_at": now, "reason": "sent-by-mistake"})


if __name__ == "__main__":
    main()
