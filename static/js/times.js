// Fills in what only a clock knows: [data-until] elements with the time that is left, as words.

import { now } from "./clock.js";

// What is further away is better told by the clock.
const WORDS_FOR_SECONDS = 4 * 3600;

const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });

/** "in 12 minutes", "in 3 hours". */
export function inWords(seconds) {
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90
    ? words.format(minutes, "minute")
    : words.format(Math.round(minutes / 60), "hour");
}

/** "08:57", as the clock of this device shows it. */
export function asClock(seconds) {
  const options = { hour: "2-digit", minute: "2-digit" };
  return new Date(1000 * seconds).toLocaleTimeString(document.documentElement.lang, options);
}

/** "1:04:09" or "12:30": for clocks that are looked at, not read out. */
export function asDigits(seconds) {
  const left = Math.max(0, Math.ceil(seconds));
  const [hours, minutes] = [Math.floor(left / 3600), Math.floor(left / 60) % 60];
  const pad = (number) => String(number).padStart(2, "0");
  const tail = `${pad(minutes)}:${pad(left % 60)}`;
  return hours ? `${hours}:${tail}` : tail;
}

export function fillTimes() {
  const at = now();
  for (const element of document.querySelectorAll("[data-until]")) {
    const left = Number(element.dataset.until) - at;
    const text = left > 0 && left < WORDS_FOR_SECONDS ? inWords(left) : "";
    if (element.textContent !== text) {
      element.textContent = text;
    }
  }
  for (const bar of document.querySelectorAll("progress[data-starts]")) {
    bar.value = at - Number(bar.dataset.starts);
    bar.hidden = false;
  }
}
