// How full each room is, in a word: of the words in a [data-viewers] element one is shown, or none.

import { findAll } from "./elements.js";

/** @param {LiveBody | undefined} body */
export function showViewers(body) {
  for (const words of findAll(document, "[data-viewers]", HTMLElement)) {
    const room = body?.rooms.find(({ slug }) => slug === words.dataset.viewers);
    const word = words.querySelector(`[data-crowd="${room?.viewers}"]`);
    words.hidden = !word;
    for (const each of findAll(words, "[data-crowd]", HTMLElement)) {
      each.hidden = each !== word;
    }
  }
}
