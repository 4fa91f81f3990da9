// The pages of two devices of which one lets the other in: each goes on when the other has acted.
// Without scripts the page reloads itself, which interrupts screen readers.

import { findAll } from "./elements.js";

const EVERY_MS = 2000;
const waits = waitsIn(document);

/**
 * What the page waits for, in a word; undefined: nothing.
 * @param {Document} page
 */
function waitsIn(page) {
  return findAll(page, "[data-waits]", HTMLElement)[0]?.dataset.waits;
}

async function look() {
  if (!document.hidden) {
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (waitsIn(page) !== waits) {
        location.assign(answer.url);
        return;
      }
    } catch {
      // offline for a moment
    }
  }
  setTimeout(look, EVERY_MS);
}

if (waits !== undefined) {
  setTimeout(look, EVERY_MS);
}
