// Walks the pages of a partner without an account in a real browser, as a person does: with script, without, by keys.
// node walk.mjs <address> <folder for pictures> <link> <code> <link for a browser without script> <its code>
import { strict as assert } from "node:assert";
import { chromium } from "playwright-core";
import { look } from "./looking.mjs";

const [address, pictures, link, code, otherLink, otherCode] = process.argv.slice(2);
const HERS = /Zweigelbaum|Ondine/;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });

// A form that is sent leads to another page: whatever follows waits until that one stands there.
async function arriveAt(page, heading) {
  await page.getByRole("heading", { level: 1, name: heading, exact: true }).waitFor();
  await page.waitForLoadState("load");
}

async function accept(page) {
  await page.getByLabel("Acceptée").check();
  await page.getByRole("button", { name: "Envoyer la réponse" }).click();
}

async function withScript() {
  // axe is put into the page by the test: only for that the page's own rule for scripts is set aside.
  const context = await browser.newContext({ bypassCSP: true, viewport: { width: 900, height: 700 } });
  const page = await context.newPage();
  const sent = [];
  page.on("request", (request) => sent.push(request.url()));
  await page.goto(`${address}/partner#${link}`);
  assert.equal(await page.getByLabel("Référence du lien").inputValue(), link);
  assert.equal(new URL(page.url()).hash, "", "the link stays in no history");
  await look(page, `${pictures}/link`);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Aller au contenu");
  await page.getByRole("button", { name: "Recevoir un code par SMS" }).click();
  await arriveAt(page, "Donner le code reçu");
  await look(page, `${pictures}/code`);
  await page.getByLabel("Code reçu par SMS").fill("1");
  await page.keyboard.press("Enter");
  await arriveAt(page, "Erreur : Donner le code reçu");
  assert.match(await page.getByRole("alert").textContent(), /n’ouvre rien/);
  await look(page, `${pictures}/wrong-code`);
  await page.getByLabel("Code reçu par SMS").fill(`${code.slice(0, 4)} ${code.slice(4)}`);
  await page.keyboard.press("Enter");
  await arriveAt(page, "Une personne vous est orientée");
  assert.doesNotMatch(await page.content(), HERS);
  await look(page, `${pictures}/minimum`);
  await accept(page);
  await arriveAt(page, "La personne qui vous est orientée");
  assert.match(await page.content(), HERS);
  await look(page, `${pictures}/named`);
  await page.setViewportSize({ width: 320, height: 700 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= 320), "nothing is cut off at 320 px");
  await look(page, `${pictures}/named-on-a-phone`);
  assert.ok(sent.every((url) => !url.includes(link)), "the link was sent in no address");
  await context.close();
}

async function withoutScript() {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${address}/partner#${otherLink}`);
  assert.equal(await page.getByLabel("Référence du lien").inputValue(), "");
  await page.getByLabel("Référence du lien").fill(otherLink);
  await page.getByRole("button", { name: "Recevoir un code par SMS" }).click();
  await page.getByLabel("Code reçu par SMS").fill(otherCode);
  await page.getByRole("button", { name: "Voir l’orientation" }).click();
  await page.getByLabel("Refusée").check();
  await page.getByLabel("Motif (facultatif)").fill("Plus de place cette semaine.");
  await page.getByRole("button", { name: "Envoyer la réponse" }).click();
  assert.match(await page.getByRole("status").textContent(), /transmise/);
  await page.goto(`${address}/partner`);
  await page.getByLabel("Référence du lien").fill(otherLink);
  await page.getByRole("button", { name: "Recevoir un code par SMS" }).click();
  assert.match(await page.getByRole("alert").textContent(), /plus valable/);
  await context.close();
}

try {
  await withScript();
  await withoutScript();
} finally {
  await browser.close();
}
