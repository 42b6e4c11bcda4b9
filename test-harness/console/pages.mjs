// Every page in every language: no violation of WCAG 2.2 AA, usable by keyboard, at 320 px and without
// JavaScript, and nothing asked from anywhere else. Screenshots stay as the test's output.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { address, assert, data, folder, person, signIn, violations } from "./browser.mjs";

const entry = (service) => `/entries/social-registry/${service}`;
const submission = (id, rest = "") => `/console/submissions/${id}${rest}`;

// Name, path, and what must be read there in English.
export const open = [
  ["index", "/entries", "State services"],
  ["search", "/entries?q=queue", "Queue number"],
  ["entry", entry("address"), "Instructions for use"],
  ["entry-overdue", entry("address"), "Overdue"],
  ["statistics", "/statistics", "The register in numbers"],
  ["glossary", "/glossary", "Time to recovery"],
  ["participants", "/participants", "Other objects in force"],
  ["supplier", "/supplier", "Token for the audience"],
  ["delegations", "/delegations", "Patched base images"],
  ["delegation", `/delegations/${data.delegation}`, "In force"],
  ["entry-delegated", entry("queue"), "Entered under the standing delegation"],
  ["entry-withdrawn", entry("licence"), "Withdrawn on"],
  ["entry-excluded", entry("excluded"), "Excluded by the regulator on"],
  ["entry-claims", entry("queue"), "it comes again since yesterday"],
  ["claims", `${entry("queue")}/claims`, "What do you want to say?"],
  ["claim-status", `/claims/${data.claim}`, "The regulator considers it"],
  ["no-claim", "/claims/none", "There is no such claim"],
  ["entry-object", entry("archive"), "No test by the factory was needed"],
  ["object-form", "/objects/new", "It is no state service"],
  ["access", "/access", "What access is wanted for"],
  ["access-status", `/access/${data.access}`, "Keep the address of this page"],
  ["not-found", entry("none"), "There is no such entry"],
  ["sign-in", "/console/sign-in", "Token for the audience"],
];
export const closed = [
  ["inbox", "/console", "Late. Working days past the term: 2"],
  ["overview", "/console/overview", "Which services comply"],
  ["decided", "/console/decided", "The seal is missing"],
  ["audit", "/console/audit", "Returned for revision"],
  ["submission", submission(data.waiting), "of the limit is left"],
  ["submission-failed", submission(data.failed), "It cannot be confirmed"],
  ["submission-returned", submission(data.returned), "The seal is missing"],
  ["submission-incomplete", submission(data.incomplete), "Has not begun: no data for item 17.2"],
  ["report", submission(data.waiting, "/report"), "Passed"],
  ["confirm", submission(data.waiting, "/confirm"), "DSSEv1 28 application/vnd.in-toto+json"],
  ["return", submission(data.waiting, "/return"), "What the owner must mend"],
  ["instructions", "/console/instructions", "Overdue"],
  ["instruction", `/console/instructions/${data.overdue}`, "Item 56.7, measurement of 1 June"],
  ["instruct", "/console/instructions/new", "A day after today, as YYYY-MM-DD."],
  ["take-back", `/console/instructions/${data.open}/withdraw`, "Why it is withdrawn"],
  ["kpis", "/console/kpis?period=2026-06", "Time to recovery"],
  ["kpi", "/console/kpis/values?period=2026-06&standard=basic%401&name=recovery-time", "the longest time from a failure"],
  ["replay", "/console/replay", "Proposed standard"],
  ["claims-waiting", "/console/claims", "Late. Working days past the term: 2"],
  ["claims-considered", "/console/claims?decided=1", "Published, and passed on"],
  ["console-claim", `/console/claims/${data.claim}`, "+996 555 010203"],
  ["forget", `/console/claims/${data.said}/forget`, "removed from the register for good"],
  ["exclude", `/console${entry("address")}/exclude`, "Ground, for everyone to read"],
  ["objects", "/console/objects", "Object archive-new"],
  ["object", `/console/objects/${data.object}`, "anna@social-registry.gov.kg"],
  ["object-confirm", `/console/objects/${data.object}/confirm`, "object-inclusion/v1"],
  ["object-return", `/console/objects/${data.object}/return`, "What the owner must mend"],
  ["object-forget", `/console/objects/${data.object}/forget`, "Names and contacts of item 17.7"],
  ["console-delegations", "/console/delegations", "New delegation"],
  ["delegate", "/console/delegations/new?participant=social-registry&service=queue&reason=Patches", "DSSEv1 28 application/vnd.in-toto+json"],
  ["revoke", `/console/delegations/${data.delegation}/revoke`, "What was entered stays"],
  ["accesses", "/console/access", "Land Registry"],
  ["console-access", `/console/access/${data.access}`, "bermet@example.kg"],
  ["no-submission", submission("none"), "There is no such submission"],
];

const languages = ["ky", "ru", "en"];
const within = (path, language) => `${address}${path}${path.includes("?") ? "&" : "?"}lang=${language}`;

// Looks at a page as wide as a desk's and as narrow as a telephone's, and tells all that is wrong with it.
async function look(page, name, path, language) {
  const wrong = [];
  const where = `${name} (${language})`;
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.goto(within(path, language));
  if ((await page.getAttribute("html", "lang")) !== language) wrong.push(`${where}: the language of the page`);
  for (const violation of await violations(page)) wrong.push(`${where}: ${violation}`);
  await page.screenshot({ path: join(folder, `${name}-${language}-1280.png`), fullPage: true });
  await page.setViewportSize({ width: 320, height: 640 });
  const wide = await page.evaluate(() => {
    if (document.documentElement.scrollWidth <= 320) return [];
    const inside = (element) => element.closest(".wide") !== null || element.closest(".skip") !== null;
    const out = [...document.querySelectorAll("body *")].filter((element) => !inside(element));
    return out.filter((element) => element.getBoundingClientRect().right > 320).map((element) => element.outerHTML.slice(0, 80));
  });
  if (wide.length > 0) wrong.push(`${where}: wider than 320 px: ${wide.join("\n  ")}`);
  for (const violation of await violations(page)) wrong.push(`${where} at 320 px: ${violation}`);
  await page.screenshot({ path: join(folder, `${name}-${language}-320.png`), fullPage: true });
  return wrong;
}

// Every link, field and button that is shown is reached by Tab, and says that it is reached.
async function keyboard(page, name, path, language) {
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.goto(within(path, language));
  const all = await page.evaluate(() => {
    const shown = (element) => element.getClientRects().length > 0 && !element.disabled;
    const list = document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary");
    const elements = [...list].filter(shown);
    elements.forEach((element, index) => (element.dataset.number = index));
    return elements.length;
  });
  const reached = new Set();
  for (let presses = 0; presses < all + 40 && reached.size < all; presses += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const element = document.activeElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const place = element.getBoundingClientRect();
      return {
        number: element.dataset.number,
        what: element.outerHTML.slice(0, 80),
        seen: outlineStyle !== "none" && parseFloat(outlineWidth) >= 1 && place.right > 0 && place.bottom > 0,
      };
    });
    if (at.number === undefined) continue;
    assert(at.seen, `${name} (${language}): the focus is not to be seen at ${at.what}`);
    reached.add(at.number);
  }
  assert(reached.size === all, `${name} (${language}): the keyboard reaches ${reached.size} of ${all}`);
}

const text = async (page) => (await page.locator("main").innerText()).replace(/\s+/g, " ");

async function every(browser, pages, signed) {
  mkdirSync(folder, { recursive: true });
  const { context, page, faults } = await person(browser);
  const wrong = [];
  if (signed) await signIn(page);
  const waiting = [...pages];
  // Two windows at a time: one reads while the other draws.
  const window = async (page) => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [name, path, words] = next;
      for (const language of languages) wrong.push(...(await look(page, name, path, language)));
      if (!(await text(page)).includes(words)) wrong.push(`${name}: nothing of «${words}»`);
      for (const language of languages) await keyboard(page, name, path, language);
    }
  };
  await Promise.all([window(page), window(await context.newPage())]);
  assert(wrong.length === 0, wrong.join("\n"));
  assert(faults.length === 0, faults.join("\n"));
  await context.close();
}

// The same words stand there without JavaScript; what only a script can do is not offered.
async function withoutScript(browser, pages, signed) {
  const one = await person(browser);
  const other = await person(browser, { javaScriptEnabled: false });
  for (const { page } of [one, other]) if (signed) await signIn(page);
  const all = pages.flatMap(([name, path]) => languages.map((language) => [`${name} (${language})`, within(path, language)]));
  // The register's clock may go on between the two: the moment offered is dropped, and a page that signs it anew in
  // each second, by its digest, is looked at again.
  const drop = (text) => text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, "").replace(/ +/g, " ");
  const words = async (url) => {
    for (const { page } of [one, other]) await page.goto(url);
    await one.page.evaluate(() => document.getElementById("in-browser")?.remove());
    return [drop(await text(one.page)), drop(await text(other.page))];
  };
  for (const [name, url] of all) {
    let here, there;
    for (let looks = 0; looks < 5 && (looks === 0 || here !== there); looks += 1) [here, there] = await words(url);
    assert(here === there, `${name}: other words without JavaScript:\n${here}\n${there}`);
  }
  assert(other.faults.length === 0, other.faults.join("\n"));
  for (const { context } of [one, other]) await context.close();
}

export const tests = {
  "public pages in every language": (browser) => every(browser, open, false),
  "the console's pages in every language": (browser) => every(browser, closed, true),
  "public pages without JavaScript": (browser) => withoutScript(browser, open, false),
  "the console's pages without JavaScript": (browser) => withoutScript(browser, closed, true),

  "a page on paper has no forms and no navigation": async (browser) => {
    const { context, page } = await person(browser);
    await signIn(page);
    await page.goto(within(submission(data.waiting), "en"));
    await page.emulateMedia({ media: "print" });
    for (const gone of [".console", ".skip", ".actions", "header nav"]) {
      assert(!(await page.locator(gone).first().isVisible()), `${gone} is printed`);
    }
    assert(await page.locator("h1").isVisible(), "nothing is printed");
    await context.close();
  },
};
