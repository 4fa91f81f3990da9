// Who is here, and the token for posting. Asked once per page, and again when a token is stale.

import { byId, data } from "./elements.js";

/** @type {Promise<Me> | undefined} */
let asked;

/** Who is here; `again`: with a new token. */
export function me({ again = false } = {}) {
  if (!asked || again) {
    asked = ask();
    asked.catch(() => {
      asked = undefined;
    });
  }
  return asked;
}

/** @returns {Promise<Me>} */
async function ask() {
  const response = await fetch(data(byId("account", HTMLElement), "me"));
  if (!response.ok) {
    throw new Error(`me.json: ${response.status}`);
  }
  return response.json();
}

/**
 * Post as a form of this site would; once more with a new token if the first is stale.
 * @param {string} url
 * @param {Record<string, string> | string[][]} fields
 */
export async function post(url, fields) {
  let response = await postOnce(url, fields, await me());
  if (response.status === 403) {
    response = await postOnce(url, fields, await me({ again: true }));
  }
  if (!response.ok) {
    throw new Error(`${url}: ${response.status}`);
  }
  return response;
}

/**
 * @param {string} url
 * @param {Record<string, string> | string[][]} fields
 * @param {Me} me
 */
export function postOnce(url, fields, { csrf_token: token }) {
  return fetch(url, {
    method: "POST",
    headers: { "X-CSRFToken": token, Accept: "application/json" },
    body: new URLSearchParams(fields),
  });
}
