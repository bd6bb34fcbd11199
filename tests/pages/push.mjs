// A device of an ISCG in a real browser: its page, and a pushed message that becomes a notification.
// node push.mjs <address> <folder for pictures> <the message, as JSON>
import { strict as assert } from "node:assert";
import { chromium } from "playwright-core";
import { look } from "./looking.mjs";

const [address, pictures, message] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });

async function registered(session) {
  const found = new Promise((resolve) => {
    session.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      const [ours] = registrations.filter((each) => each.scopeURL.endsWith("/push/"));
      if (ours) resolve(ours.registrationId);
    });
  });
  await session.send("ServiceWorker.enable");
  return found;
}

try {
  const context = await browser.newContext({ bypassCSP: true, permissions: ["notifications"] });
  const page = await context.newPage();
  await page.goto(`${address}/push`);
  await page.getByRole("heading", { level: 1, name: "Recevoir les avis sur cet appareil" }).waitFor();
  await look(page, `${pictures}/device`);
  const session = await context.newCDPSession(page);
  const registration = registered(session);
  await page.evaluate(async () => {
    await navigator.serviceWorker.register("/push/worker.js", { scope: "/push/" });
  });
  const registrationId = await registration;
  await page.waitForFunction(async () => (await navigator.serviceWorker.getRegistration("/push/"))?.active);
  await session.send("ServiceWorker.deliverPushMessage", { origin: address, registrationId, data: message });
  const read = async () => {
    const worker = await navigator.serviceWorker.getRegistration("/push/");
    const shown = await worker.getNotifications();
    return shown.map(({ title, tag, data, body, lang }) => ({ title, tag, url: data.url, body, lang }));
  };
  await page.waitForFunction(async () => {
    const worker = await navigator.serviceWorker.getRegistration("/push/");
    return (await worker.getNotifications()).length > 0;
  });
  const { title, tag, url, lang } = JSON.parse(message);
  assert.deepEqual(await page.evaluate(read), [{ title, tag, url, body: "", lang }]);
  await page.setViewportSize({ width: 320, height: 700 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= 320), "nothing is cut off at 320 px");
  await look(page, `${pictures}/device-on-a-phone`);
} finally {
  await browser.close();
}
