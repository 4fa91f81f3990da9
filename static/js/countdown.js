// What the countdown on stage shows at a moment.

import { asDigits } from "./times.js";

// Seconds before the end from which the words and the colour change.
const SOON = 5 * 60;
const LAST = 60;
/**
 * Said aloud once each, to those who listen instead of looking.
 * @type {[number, string][]}
 */
const MARKS = [
  [600, "ten"],
  [300, "five"],
  [60, "one"],
  [0, "now"],
];

/** @typedef {"off" | "before" | "running" | "soon" | "last" | "over"} Phase */

/**
 * @param {TimerTalk} talk
 * @param {Seconds} at
 * @returns {Phase}
 */
export function phaseAt(talk, at) {
  if (talk.canceled) {
    return "off";
  }
  if (at < talk.starts) {
    return "before";
  }
  const left = talk.ends - at;
  if (left <= 0) {
    return "over";
  }
  return left <= LAST ? "last" : left <= SOON ? "soon" : "running";
}

/**
 * @param {TimerTalk} talk
 * @param {Seconds} at
 */
export function digitsAt(talk, at) {
  const phase = phaseAt(talk, at);
  if (phase === "off") {
    return "–";
  }
  if (phase === "over") {
    return `+${asDigits(at - talk.ends)}`;
  }
  return asDigits((phase === "before" ? talk.starts : talk.ends) - at);
}

/**
 * The word of the mark that lies between so many seconds left and now so many.
 * @param {number} before
 * @param {number} left
 */
export function markBetween(before, left) {
  return MARKS.find(([seconds]) => left <= seconds && before > seconds)?.[1];
}
