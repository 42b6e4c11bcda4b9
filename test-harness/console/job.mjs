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

// Fills in the form of an owner; nothing in it needs a script.
async function submitObject(page, name) {
  await page.goto(`${address}/entries?lang=en`);
  await page.getByRole("link", { name: "Submit an object that the factory did not build" }).click();
  const fields = {
    token: "owner", participant: "social-registry", name, title_ky: name, title_ru: name, title_en: name,
    host: "none", explanation: "A table that others read.", owner_name: "Social Registry", owner_number: "1",
    users: "State bodies\nPeople", used_in: "Certificate", interacts_with: "none", methods: "SQL", results: "Addresses",
    person_position: "Head", person_name: "Anna", person_email: "anna@gov.kg", person_phone: "+996 555 010203",
    downtime: "8h", recovery: "1h", simultaneous: "10", data_formats: "text/csv", interfaces: "HTTPS",
    evidence: `sha256:${"a".repeat(64)} https://gov.kg/act.pdf Act of acceptance`,
  };
  for (const [id, value] of Object.entries(fields)) await page.locator(`#${id}`).fill(value);
  await page.getByLabel("Kind of object").selectOption("Resource");
  await page.getByRole("button", { name: "Submit" }).click();
  await page.getByText("The regulator considers it within five working days.").waitFor();
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

  "an owner submits an object by the form, and the regulator includes it, with JavaScript and without": async (browser) => {
    for (const javaScriptEnabled of [true, false]) {
      const name = javaScriptEnabled ? "by-form" : "by-plain-form";
      const owner = await person(browser, { javaScriptEnabled });
      await submitObject(owner.page, name);
      const { context, page, faults } = await person(browser, { javaScriptEnabled });
      await signIn(page);
      await page.getByRole("link", { name: "Waiting" }).click();
      await page.getByRole("row").filter({ hasText: name }).getByRole("link").click();
      await page.getByText("+996 555 010203").waitFor();
      await page.getByRole("link", { name: "Return…" }).click();
      await page.getByLabel("What the owner must mend").fill(LATER);
      await page.getByRole("button", { name: "Return" }).click();
      await page.getByText("Returned to its owner with your reason.").waitFor();
      await owner.page.goto(`${address}/objects/new?lang=en`);
      const yours = owner.page.getByRole("form", { name: "What was submitted" });
      await yours.getByLabel("Token for the audience factory-register").fill("owner");
      await yours.getByLabel("Participant (namespace)").fill("social-registry");
      await yours.getByRole("button", { name: "Show" }).click();
      await owner.page.getByRole("row").filter({ hasText: name }).getByText(LATER).waitFor();

      const other = javaScriptEnabled ? "archive-in-browser" : "archive-by-file";
      await page.getByRole("link", { name: "Objects", exact: true }).click();
      await page.getByRole("row").filter({ hasText: other }).getByRole("link").click();
      await page.getByRole("link", { name: "Confirm…" }).click();
      await page.getByText("It permits no launch.").waitFor();
      if (javaScriptEnabled) {
        await page.getByLabel("Private key (PEM, PKCS#8)").setInputFiles(data.key);
        await page.getByRole("button", { name: "Sign and confirm" }).click();
      } else {
        await page.getByLabel("File of the signed statement").setInputFiles(data.inclusion);
        await page.getByRole("button", { name: "Hand in and confirm" }).click();
      }
      await page.getByText("Confirmed. The entry is public.").waitFor();
      await page.getByRole("link", { name: "Public entry" }).click();
      await page.getByRole("heading", { name: "No test by the factory was needed" }).waitFor();
      await page.goto(`${address}/console/audit?lang=en`);
      const rows = await page.getByRole("row").allInnerTexts();
      assert(rows.some((row) => row.includes(other) && row.includes("Made the public entry of an object")), rows.join("\n"));
      for (const { faults } of [owner, { faults: [] }]) assert(faults.length === 0, faults.join("\n"));
      assert(faults.length === 0, faults.join("\n"));
      await owner.context.close();
      await context.close();
    }
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
