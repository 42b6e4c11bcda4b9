// Runs one group of browser tests: `run.mjs pages|job|refusals|provider`. Prints a line for each test; ends with 1 if
// one of them fails.
import { open } from "./browser.mjs";

const { tests } = await import(`./${process.argv[2]}.mjs`);
const browser = await open();
const failed = [];
for (const [name, test] of Object.entries(tests)) {
  const started = Date.now();
  try {
    await test(browser);
    console.log(`ok ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failed.push(`${name}: ${error.message}`);
    console.log(`FAILED ${name}\n${error.stack}`);
  }
}
await browser.close();
// Once more where the reader of a long log looks first.
for (const one of failed) console.log(`FAILED ${one}`);
process.exitCode = failed.length > 0 || Object.keys(tests).length === 0 ? 1 : 0;
