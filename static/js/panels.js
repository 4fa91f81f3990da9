// What stands in a room's stage while there is no picture, and what tells of its state beside it.

import { byId, findAll } from "./elements.js";
import { asDigits } from "./times.js";

/**
 * Which panel there is; null: none. `isWanted`: a stream should play now.
 * @param {{
 *   state: RoomState | null, slate: string, isWanted: boolean,
 *   hasFailed: boolean, isWaiting: boolean, hasPicture: boolean,
 *   isRefused: boolean,
 * }} room
 */
export function panelOf({ state, slate, isWanted, hasFailed, isWaiting, hasPicture, isRefused }) {
  if (hasPicture || isRefused) {
    return null;
  }
  if (isWanted && slate !== "") {
    return "slate";
  }
  if (isWanted && isWaiting) {
    return "waiting";
  }
  return isWanted && hasFailed ? "trouble" : state;
}

/** @param {string | null} name */
export function showPanel(name) {
  for (const panel of findAll(document, "[data-panel]", HTMLElement)) {
    panel.hidden = panel.dataset.panel !== name;
  }
}

/** @param {string} text */
export function showSlate(text) {
  byId("slate", HTMLElement).textContent = text;
}

/** @param {RoomState} state */
export function showBadge(state) {
  for (const badge of findAll(document, "[data-badge]", HTMLElement)) {
    badge.hidden = badge.dataset.badge !== state;
  }
}

/** @param {number} left seconds until the next talk; nothing to count down to: 0 or less */
export function showCountdown(left) {
  for (const countdown of document.querySelectorAll("[data-countdown]")) {
    countdown.textContent = left > 0 ? asDigits(left) : "";
  }
}
