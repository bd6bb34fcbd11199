// Follows receipts as Kafka delivers them: some come again, and older ones come again after newer ones.
//
//   npm ci
//   node follow-receipts.mjs jwks.json < receipts.jsonl
//
// Each line is one record: `headers` and `value`, both as they stand on Kafka.

import { createPublicKey, verify } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import canonicalize from "canonicalize";

// What a station's software keeps. In yours both are tables, written in one transaction.
const last = new Map();
const held = new Map();

/** Take one receipt, whose signature holds. Commit your offset after it. */
function take(headers, receipt) {
  const { ce_subject: subject } = headers;
  const sequence = Number(headers.ce_sequence);
  if (sequence <= (last.get(subject) ?? 0)) return; // it comes again
  last.set(subject, sequence);
  // A rejection answers its own record: what was taken before stands.
  if (receipt.outcome !== "rejected" || !held.has(subject)) held.set(subject, receipt);
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

const { keys } = JSON.parse(await readFile(process.argv[2], "utf8"));
for await (const line of createInterface({ input: process.stdin })) {
  const { headers, value } = JSON.parse(line);
  const receipt = JSON.parse(value);
  check(receipt, keys);
  take(headers, receipt);
}
for (const [subject, { standing, revision = "" }] of [...held].sort(([one], [other]) => (one < other ? -1 : 1))) {
  console.log([subject, standing, revision].join(","));
}
