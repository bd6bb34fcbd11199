// Holds an AsyncAPI document against AsyncAPI's own parser: `node check.mjs FILE`. Exit code 1 where it finds an error.
import { readFileSync } from "node:fs";
import parsing from "@asyncapi/parser";

const ERROR = 0;
const { document, diagnostics } = await new parsing.Parser().parse(readFileSync(process.argv[2], "utf8"));
for (const { severity, code, path, message } of diagnostics) console.log(severity, code, path.join("/"), message);
const faulty = !document || diagnostics.some(({ severity }) => severity === ERROR);
console.log(faulty ? `${process.argv[2]} is no AsyncAPI document` : `${process.argv[2]} is a valid AsyncAPI document`);
process.exit(faulty ? 1 : 0);
