// What must not be possible, and that the checks themselves can say no.
import { address, assert, data, person, signIn, violations } from "./browser.mjs";

const confirm = `${address}/console/submissions/${data.waiting}/confirm?lang=en`;

async function signWith(page, file) {
  await page.goto(confirm);
  await page.getByLabel("Private key (PEM, PKCS#8)").setInputFiles(file);
  await page.getByRole("button", { name: "Sign and confirm" }).click();
}

export const tests = {
  "axe finds what is wrong with a bad page": async (browser) => {
    const { context, page } = await person(browser);
    await page.goto(`${address}/entries?lang=en`);
    await page.evaluate(() => {
      document.documentElement.removeAttribute("lang");
      document.querySelector("label").remove();
      document.querySelector("main p").style.color = "#ccc";
    });
    const found = (await violations(page)).map((violation) => violation.split(":")[0]);
    for (const rule of ["html-has-lang", "label", "color-contrast"]) {
      assert(found.includes(rule), `axe does not see ${rule}: ${found}`);
    }
    await context.close();
  },

  "a request to another origin and a script in the page are noticed": async (browser) => {
    const { context, page, faults } = await person(browser);
    await page.goto(`${address}/entries?lang=en`);
    await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "document.title = 'run'";
      document.body.append(script);
    });
    assert((await page.title()) !== "run", "a script in the page ran");
    assert(faults.some((fault) => fault.includes("Content Security Policy")), `the policy is not seen to hold: ${faults}`);
    await page.goto("https://elsewhere.invalid/").catch(() => {});
    assert(faults.some((fault) => fault === "asked for https://elsewhere.invalid/"), "a request elsewhere is not seen");
    await context.close();
  },

  "a reader's token and a wrong one do not open the console": async (browser) => {
    const { context, page } = await person(browser);
    for (const [token, says] of [
      ["reader", "you have no right to confirm releases"],
      ["nobody", "The cluster does not accept this token"],
    ]) {
      await signIn(page, token);
      await page.getByRole("alert").filter({ hasText: says }).waitFor();
      assert((await page.locator("#token").inputValue()) === "", "a token stands in the page");
      await page.goto(`${address}/console?lang=en`);
      assert(page.url().includes("/console/sign-in"), page.url());
    }
    await context.close();
  },

  "a session ends with its token": async (browser) => {
    const { context, page } = await person(browser);
    const claims = { sub: "regulator", exp: Math.floor(Date.now() / 1000) + 3 };
    await signIn(page, `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.x`);
    await page.getByRole("heading", { name: "Waiting" }).waitFor();
    await page.waitForFunction((exp) => Date.now() >= exp * 1000, claims.exp);
    await page.goto(`${address}/console?lang=en`);
    await page.getByText("Your session has ended").waitFor();
    await context.close();
  },

  "another key signs nothing that is accepted": async (browser) => {
    const { context, page } = await person(browser);
    await signIn(page);
    await signWith(page, data.otherKey);
    await page.getByRole("alert").filter({ hasText: "The register does not accept the statement" }).waitFor();
    await page.goto(`${address}/console?lang=en`);
    assert((await page.locator("main").innerText()).includes("address-new"), "it was decided all the same");
    await context.close();
  },

  "a file that is no key is said to be none, in the page's language": async (browser) => {
    const { context, page } = await person(browser);
    await signIn(page);
    await signWith(page, { name: "a.pem", mimeType: "text/plain", buffer: Buffer.from("no key") });
    await page.getByText("The file is no private key ECDSA P-256").waitFor();
    await page.goto(confirm);
    await page.getByRole("button", { name: "Sign and confirm" }).click();
    await page.getByText("Choose the file of the private key first.").waitFor();
    await context.close();
  },

  "a person without an account and without JavaScript sends a claim and sees it published": async (browser) => {
    const { context, page, faults } = await person(browser, { javaScriptEnabled: false });
    await page.goto(`${address}/entries/social-registry/queue?lang=en`);
    await page.getByRole("link", { name: "Send a claim or a response", exact: true }).click();
    await page.getByLabel("What do you want to say?").fill("The queue stands still.");
    await page.getByLabel("How can we reach you?").fill("anna@example.kg");
    await page.getByLabel("Publish it on this page").check();
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByText("It was sent.").waitFor();
    assert((await page.locator("main").innerText()).includes("The regulator considers it"), "it does not say where it stands");
    assert(!(await page.locator("main").innerText()).includes("anna@example.kg"), "the contact stands on a page");
    const own = page.url();
    const other = await person(browser);
    await signIn(other.page);
    await other.page.getByRole("link", { name: "Claims", exact: true }).click();
    await other.page.locator("tbody a").last().click();
    assert((await other.page.locator("main").innerText()).includes("anna@example.kg"), "the regulator does not see the contact");
    await other.page.locator("select[name=act]").selectOption("publish");
    await other.page.getByRole("button", { name: "Decide" }).click();
    await other.page.getByText("Done.").waitFor();
    await page.goto(own);
    assert((await page.locator("main").innerText()).includes("Published, and passed on to the supplier"), "its sender is not told");
    await page.goto(`${address}/entries/social-registry/queue?lang=en`);
    assert((await page.locator("main").innerText()).includes("The queue stands still."), "it is not public");
    assert(faults.length === 0, faults.join("\n"));
    await context.close();
    await other.context.close();
  },

  "a form is taken once, and from its own session only": async (browser) => {
    const { context, page } = await person(browser);
    await signIn(page);
    await page.goto(`${address}/console/submissions/${data.waiting}/return?lang=en`);
    await page.locator("input[name=csrf]").last().evaluate((field) => (field.value = "0".repeat(64)));
    await page.getByLabel("What the owner must mend").fill("forged");
    await page.getByRole("button", { name: "Return" }).click();
    await page.getByRole("heading", { name: "The form was not accepted" }).waitFor();
    // The button «back» and the same form again: a person who presses twice.
    await page.goto(`${address}/console/submissions/${data.failed}/return?lang=en`);
    const form = await page.locator("input[name=form]").inputValue();
    await page.getByLabel("What the owner must mend").fill("once");
    await page.getByRole("button", { name: "Return" }).click();
    await page.getByText("Returned to its owner with your reason.").waitFor();
    await page.goto(`${address}/console/submissions/${data.waiting}/return?lang=en`);
    await page.locator("input[name=form]").evaluate((field, form) => (field.value = form), form);
    await page.getByLabel("What the owner must mend").fill("twice");
    await page.getByRole("button", { name: "Return" }).click();
    await page.getByRole("heading", { name: "The form was not accepted" }).waitFor();
    await page.goto(`${address}/console?lang=en`);
    assert((await page.locator("main").innerText()).includes("address-new"), "a forged form decided");
    await context.close();
  },
};
