// Stars on talks: links to a small page each, which a script turns into buttons. They are kept with
// the account, or in the browser until somebody signs in.

import { data, findAll } from "./elements.js";
import { me, post } from "./me.js";

const KEPT = "stars";
const LIST = "/my/stars.json";

/** @type {Set<string>} */
let starred = new Set();
let isSignedIn = false;

function kept() {
  try {
    const codes = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
    return Array.isArray(codes) ? codes.map(String) : [];
  } catch {
    return [];
  }
}

/** @param {string[]} codes */
function keep(codes) {
  if (codes.length) {
    localStorage.setItem(KEPT, JSON.stringify(codes));
  } else {
    localStorage.removeItem(KEPT);
  }
}

/** Learn what is starred, and take along what the browser kept from before the login. */
export async function showStars() {
  if (!document.querySelector("[data-star]")) {
    return;
  }
  try {
    isSignedIn = (await me()).name !== null;
    const mine = kept();
    if (!isSignedIn) {
      starred = new Set(mine);
    } else {
      const fields = mine.map((code) => ["code", code]);
      const response = await (mine.length ? post(LIST, fields) : fetch(LIST));
      if (!response.ok) {
        return; // somebody without a ticket: the links stay links
      }
      starred = new Set((await response.json()).codes);
      keep([]);
    }
  } catch {
    return;
  }
  isKnown = true;
  paintStars();
}

let isKnown = false;

/** Turn the links that are new in the page into buttons. */
export function paintStars() {
  if (!isKnown) {
    return;
  }
  for (const link of findAll(document, "a[data-star]", HTMLElement)) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = link.className;
    button.dataset.star = link.dataset.star;
    button.dataset.href = link.getAttribute("href") ?? "";
    button.append(...link.childNodes);
    button.addEventListener("click", () => toggle(button));
    link.replaceWith(button);
  }
  for (const button of findAll(document, "button[data-star]", HTMLElement)) {
    button.setAttribute("aria-pressed", String(starred.has(data(button, "star"))));
  }
}

/** @param {HTMLElement} button */
async function toggle(button) {
  const code = data(button, "star");
  const isOn = !starred.has(code);
  set(code, isOn);
  if (!isSignedIn) {
    keep([...starred]);
    return;
  }
  try {
    await post(data(button, "href"), { on: isOn ? "1" : "0" });
  } catch {
    set(code, !isOn);
  }
}

/**
 * @param {string} code
 * @param {boolean} isOn
 */
function set(code, isOn) {
  starred[isOn ? "add" : "delete"](code);
  paintStars();
}
