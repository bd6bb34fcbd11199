// A station's software in one file: signs in, seals a report, hands it in until it is taken, and proves its receipt.
//
//   npm ci
//   RELAIS_URL=… RELAIS_ISSUER=… RELAIS_CLIENT=gendarmerie RELAIS_SECRET=… node send-report.mjs content.json

import { createPublicKey, randomUUID, verify } from "node:crypto";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import canonicalize from "canonicalize";
import { CompactEncrypt, importJWK } from "jose";

const { RELAIS_URL: url, RELAIS_ISSUER: issuer, RELAIS_CLIENT: client, RELAIS_SECRET: secret } = process.env;
const station = process.env.RELAIS_STATION ?? "GN-31-0412";
const mostTries = 6;

async function json(address, options) {
  const answer = await fetch(address, options);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.json();
}

/** An access token: OAuth 2.0 client credentials. */
async function token() {
  const about = await json(`${issuer}/.well-known/openid-configuration`);
  const basic = Buffer.from(`${encodeURIComponent(client)}:${encodeURIComponent(secret)}`).toString("base64");
  const body = new URLSearchParams({ grant_type: "client_credentials" });
  const answer = await json(about.token_endpoint, { method: "POST", headers: { authorization: `Basic ${basic}` }, body });
  return answer.access_token;
}

/** The content as one compact JWE. */
async function seal(content, keys) {
  const jwk = keys.find((key) => key.use === "enc");
  const key = await importJWK(jwk, "ECDH-ES+A256KW");
  const header = { alg: "ECDH-ES+A256KW", enc: "A256GCM", kid: jwk.kid };
  return new CompactEncrypt(Buffer.from(JSON.stringify(content))).setProtectedHeader(header).encrypt(key);
}

/** Hand an event in. No answer, 503: the very same again. That is always safe. */
async function handIn(type, data) {
  const headers = {
    authorization: `Bearer ${await token()}`,
    "content-type": "application/json",
    "ce-specversion": "1.0",
    "ce-id": randomUUID(),
    "ce-source": `/stations/${client}/${station}`,
    "ce-type": type,
  };
  const body = JSON.stringify(data);
  for (let attempt = 0; attempt < mostTries; attempt += 1) {
    let pause = 2 ** attempt;
    try {
      const options = { method: "POST", headers, body, signal: AbortSignal.timeout(30_000) };
      const answer = await fetch(`${url}/v1/reports`, options);
      if (answer.status !== 503) return answer;
      pause = Number(answer.headers.get("retry-after") ?? pause);
    } catch (error) {
      if (!(error instanceof TypeError || error.name === "TimeoutError")) throw error;
    }
    await sleep(pause * 1000);
  }
  throw new Error("Relais does not answer: keep the report, and try again later.");
}

/** Prove a receipt: the signature of a published key, over what the receipt says. */
function check(receipt, keys) {
  const { record, event_id, jws, ...says } = receipt;
  const [head, payload, signature] = jws.split(".");
  const { alg, kid } = JSON.parse(Buffer.from(head, "base64url"));
  const jwk = keys.find((key) => key.use === "sig" && key.kid === kid);
  if (alg !== "Ed25519" || !jwk) throw new Error("The receipt names no key that signs receipts.");
  const { kty, crv, x } = jwk;
  const key = createPublicKey({ key: { kty, crv, x }, format: "jwk" });
  const holds = verify(null, Buffer.from(`${head}.${payload}`), key, Buffer.from(signature, "base64url"));
  if (!holds || Buffer.from(payload, "base64url").toString() !== canonicalize(says)) {
    throw new Error("The receipt is not what Relais has signed.");
  }
}

const content = JSON.parse(await readFile(process.argv[2], "utf8"));
const { keys } = await json(`${url}/.well-known/jwks.json`);

async function tell(type, data) {
  const answer = await handIn(type, data);
  const said = await answer.json();
  if (![200, 201, 202].includes(answer.status)) {
    throw new Error(`${answer.status} ${said.title}: ${JSON.stringify(said.faults ?? "")}`);
  }
  check(said, keys);
  console.log(answer.status, said.outcome);
}

// One report: handed in, sent again, corrected, withdrawn.
const now = new Date().toISOString();
const report = { report_id: randomUUID(), revision: 1, station, taken_at: now, urgency: "urgent", test: true };
await tell("station.report-submitted.v1", { ...report, sealed: await seal(content, keys) });
await tell("station.report-submitted.v1", { ...report, sealed: await seal(content, keys) });
const corrected = { ...report, revision: 2, urgency: "immediate", sealed: await seal(content, keys) };
await tell("station.report-submitted.v1", corrected);
const withdrawal = { report_id: report.report_id, revision: 3, station, withdrawn_at: now, reason: "sent-by-mistake" };
await tell("station.report-withdrawn.v1", withdrawal);
