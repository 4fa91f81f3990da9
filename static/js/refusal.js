// What takes the place of the player when somebody may not watch, or no longer.

import { byId, findAll } from "./elements.js";
import { said } from "./playback.js";

/**
 * Show the words for this code of a refusal. Answers the first of them.
 * @param {string} code
 */
export function showRefusal(code) {
  const reasons = findAll(document, "#refusal [data-reason]", HTMLElement);
  const reason =
    reasons.find((each) => each.dataset.reason === code) ??
    reasons.find((each) => each.dataset.reason === "other");
  for (const each of reasons) {
    each.hidden = each !== reason;
  }
  if (reason) {
    fill(reason, said.get(code) ?? {});
  }
  byId("refusal", HTMLElement).hidden = false;
  return reason?.firstElementChild?.textContent ?? "";
}

/**
 * @param {HTMLElement} reason
 * @param {RefusalWords} words
 */
function fill(reason, { message = "", act = null }) {
  for (const place of findAll(reason, "[data-said]", HTMLElement)) {
    place.textContent = message;
  }
  for (const link of findAll(reason, "[data-act]", HTMLAnchorElement)) {
    link.hidden = !act;
    link.href = act?.url ?? "";
    link.textContent = act?.label ?? "";
  }
}

export function hideRefusal() {
  byId("refusal", HTMLElement).hidden = true;
}
