// Looks at a page as axe does, and keeps a picture of it.
import { strict as assert } from "node:assert";
import { createRequire } from "node:module";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice", "RGAAv4"];

export async function look(page, picture) {
  await page.addScriptTag({ path: AXE });
  const { violations, passes } = await page.evaluate((values) => axe.run({ runOnly: { type: "tag", values } }), RULES);
  assert.deepEqual(violations.map((each) => `${each.id}: ${each.nodes[0].html}`), [], picture);
  assert.ok(passes.length > 10, "axe looked at something");
  await page.screenshot({ path: `${picture}.png`, fullPage: true });
}
