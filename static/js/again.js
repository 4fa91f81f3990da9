// The page for our own mistakes tries again, each time after a longer while, so that a site which comes
// back is not knocked over by everybody who waited for it.

import { byId, data } from "./elements.js";

const KEY = "tries-again";
const MOST_SECONDS = 300;
// Who comes here again after so long met another mistake.
const FORGOTTEN_AFTER_MS = 15 * 60 * 1000;

/**
 * @param {number} first seconds before the first try, which differ from page to page
 * @param {number} tries so many there were
 */
export function secondsUntil(first, tries) {
  return Math.min(first * 2 ** tries, MOST_SECONDS) * (0.75 + Math.random() / 2);
}

/** How often this tab has tried; a browser that keeps nothing has always just begun. */
export function countTry(at = Date.now()) {
  try {
    const [tries = 0, last = 0] = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    const count = at - last < FORGOTTEN_AFTER_MS ? tries : 0;
    sessionStorage.setItem(KEY, JSON.stringify([count + 1, at]));
    return count;
  } catch {
    return 0;
  }
}

const seconds = Number(data(byId("again", HTMLElement), "seconds"));
setTimeout(() => location.reload(), secondsUntil(seconds, countTry()) * 1000);
