// What takes the place of the player when somebody may not watch, or no longer.

import { byId, findAll } from "./elements.js";

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
  byId("refusal", HTMLElement).hidden = false;
  return reason?.firstElementChild?.textContent ?? "";
}

export function hideRefusal() {
  byId("refusal", HTMLElement).hidden = true;
}
