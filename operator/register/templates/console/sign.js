// Signs, in the regulator's browser, exactly the bytes that the page shows, with a key that is read from a
// file and never sent. The page works without this script: it only fills in the form below.
"use strict";

const place = document.getElementById("in-browser");
const problem = document.getElementById("key-error");
const HEADER = /^DSSEv1 \d+ (\S+) \d+ /;

const base64 = (bytes) => btoa(String.fromCharCode(...bytes));
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

// PEM of PKCS#8, not encrypted: its DER.
function der(pem) {
  const body = /-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END PRIVATE KEY-----/.exec(pem);
  if (!body) throw new Error("no PKCS#8");
  return Uint8Array.from(atob(body[1].replace(/\s/g, "")), (letter) => letter.charCodeAt(0));
}

// ECDSA as the browser gives it (r and s, 32 bytes each) in the ASN.1 DER that DSSE tools read.
function derSignature(raw) {
  const integer = (bytes) => {
    let start = 0;
    while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
    const digits = [...bytes.slice(start)];
    if (digits[0] & 0x80) digits.unshift(0);
    return [0x02, digits.length, ...digits];
  };
  const both = [...integer(raw.slice(0, 32)), ...integer(raw.slice(32))];
  return Uint8Array.from([0x30, both.length, ...both]);
}

// The id of a key: SHA-256 of its public half (SPKI). The pair is imported anew to get at it.
async function keyId(key) {
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", key);
  const ecdsa = { name: "ECDSA", namedCurve: "P-256" };
  const open = await crypto.subtle.importKey("jwk", { kty, crv, x, y }, ecdsa, true, ["verify"]);
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", await crypto.subtle.exportKey("spki", open))));
}

async function sign() {
  problem.textContent = "";
  const file = document.getElementById("key").files[0];
  if (!file) {
    problem.textContent = place.dataset.noKey;
    return;
  }
  let key;
  let keyid;
  try {
    const bytes = der(await file.text());
    key = await crypto.subtle.importKey("pkcs8", bytes, { name: "ECDSA", namedCurve: "P-256" }, true, ["sign"]);
    keyid = await keyId(key);
  } catch {
    problem.textContent = place.dataset.badKey;
    return;
  }
  const shown = document.getElementById("signed").textContent;
  const [header, payloadType] = HEADER.exec(shown);
  const encoder = new TextEncoder();
  const raw = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, encoder.encode(shown));
  document.getElementById("envelope").value = JSON.stringify({
    payloadType,
    payload: base64(encoder.encode(shown.slice(header.length))),
    signatures: [{ keyid, sig: base64(derSignature(new Uint8Array(raw))) }],
  });
  document.getElementById("file").value = "";
  document.getElementById("hand-in").requestSubmit();
}

place.hidden = false;
if (globalThis.crypto && crypto.subtle) {
  document.getElementById("sign").addEventListener("click", sign);
} else {
  problem.textContent = place.dataset.noCrypto;
  document.getElementById("sign").disabled = true;
}
