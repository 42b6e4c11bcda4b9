// The regulator's main job, as a person does it: from a new submission to a public entry. Everything is found
// by the words that stand on the page.
import { address, assert, data, person, signIn } from "./browser.mjs";

const LATER = "Item 17.7: the position is not an office of yours.";

async function toSubmission(page, service) {
  await page.getByRole("link", { name: "Waiting" }).click();
  await page.getByRole("row").filter({ hasText: service }).getByRole("link").click();
}

async function returned(page, service) {
  await toSubmission(page, service);
  await page.getByRole("link", { name: "Return…" }).click();
  await page.getByLabel("What the owner must mend").fill(LATER);
  await page.getByRole("button", { name: "Return" }).click();
  await page.getByText("Returned to its owner with your reason.").waitFor();
  await page.getByRole("link", { name: "Decided" }).click();
  const row = await page.getByRole("row").filter({ hasText: service }).innerText();
  assert(row.includes("Returned") && row.includes(LATER), row);
}

async function isPublic(browser, service, office) {
  const { context, page, faults } = await person(browser);
  await page.goto(`${address}/entries/social-registry/${service}?lang=en`);
  const text = await page.locator("main").innerText();
  assert(text.includes("Passed") && text.includes(office), text);
  assert(faults.length === 0, faults.join("\n"));
  await context.close();
}

// Issues an instruction about `service` and withdraws it again; nothing in it needs a script.
async function instruct(page, service) {
  await page.getByRole("link", { name: "Instructions", exact: true }).click();
  await page.getByRole("link", { name: "Issue an instruction…" }).click();
  await page.getByLabel("Service", { exact: true }).selectOption(`social-registry/${service}`);
  await page.getByLabel("Finding").fill("It loses requests\nwhen a pod is killed.");
  await page.getByLabel("Basis").fill("Item 56.7");
  await page.getByLabel("To be carried out until").fill("2099-12-31");
  await page.getByLabel("Fault that the service must survive").selectOption("A pod is killed");
  await page.getByRole("button", { name: "Issue" }).click();
  await page.getByText("The instruction is issued.").waitFor();
  await page.getByRole("link", { name: "Withdraw…" }).click();
  await page.getByLabel("Why it is withdrawn").fill("By mistake.");
  await page.getByRole("button", { name: "Withdraw" }).click();
  await page.getByText("The instruction is withdrawn.").waitFor();
  const text = await page.locator("main").innerText();
  assert(text.includes("It loses requests when a pod is killed.") && text.includes("By mistake."), text);
}

export const tests = {
  "a person signs in, reads, returns one and confirms another in the browser": async (browser) => {
    const { context, page, faults } = await person(browser);
    await page.goto(`${address}/console?lang=en`);
    await page.getByLabel("Token for the audience factory-register").fill("regulator");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Waiting" }).waitFor();

    await returned(page, "to-return");

    await toSubmission(page, "to-confirm");
    await page.getByRole("link", { name: "Full report of the test" }).click();
    await page.getByText("Passed").first().waitFor();
    await page.goBack();
    assert((await page.locator("main").innerText()).includes("All nine groups of data of item 17 are there."), "data");
    await page.getByRole("link", { name: "Confirm…" }).click();
    await page.getByLabel("Name of the office").fill("Ministry of Digital Development");
    await page.getByRole("button", { name: "Write into the statement" }).click();
    await page.getByText('"factory.gov.kg/office":"Ministry of Digital Development"').waitFor();
    await page.getByLabel("Private key (PEM, PKCS#8)").setInputFiles(data.key);
    const sent = page.waitForRequest((request) => request.method() === "POST");
    await page.getByRole("button", { name: "Sign and confirm" }).click();
    const body = (await sent).postDataBuffer()?.toString() ?? "";
    assert(body.includes("application/vnd.in-toto+json") && !body.includes("PRIVATE KEY"), "what was sent");
    await page.getByText("Confirmed. The entry is public.").waitFor();
    await page.getByRole("link", { name: "Public entry" }).click();
    await page.getByText("Ministry of Digital Development").first().waitFor();
    await isPublic(browser, "to-confirm", "Ministry of Digital Development");

    await page.goto(`${address}/console/audit?lang=en`);
    const rows = await page.getByRole("row").allInnerTexts();
    for (const [service, what] of [
      ["to-return", `Returned for revision: ${LATER}`],
      ["to-confirm", "Confirmed the test result"],
      ["to-confirm", "Made the public entry: Ministry of Digital Development"],
    ]) {
      assert(rows.some((row) => row.includes(service) && row.includes(what) && row.includes("regulator")), `${what}: ${rows}`);
    }
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByText("You are signed out.").waitFor();
    await page.goto(`${address}/console?lang=en`);
    assert(page.url().includes("/console/sign-in"), page.url());
    assert(faults.length === 0, faults.join("\n"));
    await context.close();
  },

  "the same without JavaScript, with a statement that was signed elsewhere": async (browser) => {
    const { context, page, faults } = await person(browser, { javaScriptEnabled: false });
    await signIn(page);
    await returned(page, "plain-return");
    await toSubmission(page, "to-hand-in");
    await page.getByRole("link", { name: "Confirm…" }).click();
    assert(!(await page.locator("#in-browser").isVisible()), "a way that needs a script is offered without one");
    const command = await page.getByText("kubectl factory confirm").innerText();
    assert(command.includes("--key regulator.pem"), command);
    await page.getByLabel("File of the signed statement").setInputFiles(data.envelope);
    await page.getByRole("button", { name: "Hand in and confirm" }).click();
    await page.getByText("Confirmed. The entry is public.").waitFor();
    await isPublic(browser, "to-hand-in", "Regulator of the ecosystem");
    assert(faults.length === 0, faults.join("\n"));
    await context.close();
  },

  "an instruction is issued and withdrawn, with JavaScript and without": async (browser) => {
    for (const javaScriptEnabled of [true, false]) {
      const { context, page, faults } = await person(browser, { javaScriptEnabled });
      await signIn(page);
      await instruct(page, "to-confirm");
      await page.getByRole("link", { name: "Audit trail" }).click();
      const rows = await page.getByRole("row").allInnerTexts();
      assert(rows.some((row) => row.includes("Withdrew an instruction: By mistake.")), rows.join("\n"));
      assert(faults.length === 0, faults.join("\n"));
      await context.close();
    }
  },
};
