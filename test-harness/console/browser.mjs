// A real Chromium, and what is watched in it on every page: nothing leaves the register's origin, and the
// browser has nothing to complain of.
import { createRequire } from "node:module";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";

const needed = (name) => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: this is started by \`cargo test --test console\``);
  return value;
};

export const address = needed("REGISTER");
export const folder = needed("OUTPUT");
export const data = JSON.parse(needed("DATA"));

const require = createRequire(join(needed("MODULES"), "package.json"));
export const resolve = (name) => require.resolve(name);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

// Fails with what it is about.
export function assert(holds, what) {
  if (!holds) throw new Error(what);
}

// Of the program that CHROMIUM names: its file, as the shell would find it.
function program() {
  const name = process.env.CHROMIUM || "chromium";
  if (name.includes("/")) return name;
  const file = (process.env.PATH ?? "").split(delimiter).map((place) => join(place, name)).find(existsSync);
  if (!file) throw new Error(`${name}: no such program; CHROMIUM names another one`);
  return file;
}

export async function open() {
  return chromium.launch({
    executablePath: program(),
    headless: true,
    // The user that tests run as may be root, whom Chromium's sandbox refuses.
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
}

// A person's window. `faults` gathers what was wrong on any of its pages.
export async function person(browser, options = {}) {
  const context = await browser.newContext({ locale: "ky-KG", viewport: { width: 1280, height: 900 }, ...options });
  const faults = [];
  await context.route("**/*", (route) => {
    const url = route.request().url();
    if (url.startsWith(`${address}/`)) return route.continue();
    faults.push(`asked for ${url}`);
    return route.abort();
  });
  context.setDefaultTimeout(30000);
  context.on("console", (message) => {
    // A page that answers 4xx is said to be one; the policy's violations come here too.
    const expected = /^Failed to load resource: the server responded with a status of 4\d\d/;
    if (["error", "warning"].includes(message.type()) && !expected.test(message.text())) faults.push(message.text());
  });
  context.on("weberror", (error) => faults.push(`script: ${error.error().message}`));
  return { context, page: await context.newPage(), faults };
}

// What axe finds against WCAG 2.2 AA, in one line each.
export async function violations(page) {
  await page.evaluate(axe);
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"];
  const found = await page.evaluate((tags) => axe.run(document, { runOnly: { type: "tag", values: tags } }), tags);
  assert(found.passes.length > 5, "axe checked nothing");
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join("; ")}`);
}

export async function signIn(page, token = "regulator", language = "en") {
  await page.goto(`${address}/console/sign-in?lang=${language}`);
  await page.locator("#token").fill(token);
  await page.locator("main button[type=submit]").click();
}
