// A regulator signs in at a real identity provider (the certified `oidc-provider`, with its pages for development),
// which this group starts itself, where the register expects it.
import { pathToFileURL } from "node:url";
import { address, assert, data, resolve } from "./browser.mjs";

const back = `${address}/console/sign-in/provider/back`;
const { default: Provider } = await import(pathToFileURL(resolve("oidc-provider")));
const provider = new Provider(`http://127.0.0.1:${data.port}`, {
  clients: [{ client_id: "factory-register", client_secret: data.secret, redirect_uris: [back] }],
  cookies: { keys: ["of the test"] },
  pkce: { required: () => true },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
});
const listening = provider.listen(data.port, "127.0.0.1");
// It alone keeps no program from ending.
listening.unref();

// A window that may go to the register and to the provider, and nowhere else.
async function window(browser) {
  const context = await browser.newContext({ locale: "ky-KG" });
  const ours = [`${address}/`, `http://127.0.0.1:${data.port}/`];
  await context.route("**/*", (route) =>
    ours.some((place) => route.request().url().startsWith(place)) ? route.continue() : route.abort(),
  );
  context.setDefaultTimeout(30000);
  return { context, page: await context.newPage() };
}

// From the console's form to the provider's, and there in as `login`.
async function signInAs(page, login, next = "") {
  await page.goto(`${address}/console/sign-in?lang=ru${next}`);
  await page.getByRole("link", { name: "Войти через поставщика удостоверений" }).click();
  await page.locator("input[name=login]").fill(login);
  await page.locator("input[name=password]").fill("any");
  await page.locator("button[type=submit]").click();
  await page.getByRole("button", { name: "Continue" }).click();
}

export const tests = {
  "a regulator comes back signed in, to the page and in the language that they left": async (browser) => {
    const { context, page } = await window(browser);
    await signInAs(page, "regulator", "&next=/console/audit");
    await page.waitForURL(`${address}/console/audit?lang=ru`);
    assert((await page.getAttribute("html", "lang")) === "ru", "the language");
    await page.goto(`${address}/console?lang=en`);
    assert(page.url() === `${address}/console?lang=en`, page.url());
    const kept = (await context.cookies(address)).map(({ name }) => name);
    assert(!kept.includes("factory-provider"), `the journey is not over: ${kept}`);
    await context.close();
  },

  "without JavaScript too": async (browser) => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.route("**/*", (route) => (route.request().url().includes("127.0.0.1") ? route.continue() : route.abort()));
    await signInAs(page, "deputy");
    await page.waitForURL(`${address}/console?lang=ru`);
    await context.close();
  },

  "who is known and no regulator stays outside": async (browser) => {
    const { context, page } = await window(browser);
    await signInAs(page, "reader");
    await page.getByRole("alert").filter({ hasText: "нет права подтверждать выпуски" }).waitFor();
    await page.goto(`${address}/console?lang=en`);
    assert(page.url().includes("/console/sign-in"), page.url());
    await context.close();
  },

  "who turns back at the provider is told so": async (browser) => {
    const { context, page } = await window(browser);
    await page.goto(`${address}/console/sign-in?lang=ru`);
    await page.getByRole("link", { name: "Войти через поставщика удостоверений" }).click();
    await page.getByRole("link", { name: /cancel/i }).click();
    await page.getByRole("alert").filter({ hasText: "не впустил вас" }).waitFor();
    await context.close();
  },

  "a way back that somebody else sent signs nobody in, and none is gone twice": async (browser) => {
    const one = await window(browser);
    let way = "";
    one.page.on("request", (request) => {
      if (request.url().startsWith(`${back}?`)) way = request.url();
    });
    await signInAs(one.page, "regulator");
    await one.page.waitForURL(`${address}/console?lang=ru`);
    assert(new URL(way).searchParams.has("code"), `no way back was seen: ${way}`);
    const other = await window(browser);
    for (const { page } of [other, one]) {
      await page.goto(way);
      await page.getByRole("alert").waitFor();
    }
    await other.page.goto(`${address}/console`);
    assert(other.page.url().includes("/console/sign-in"), "signed in by somebody else's link");
    await Promise.all([one.context.close(), other.context.close()]);
  },
};
