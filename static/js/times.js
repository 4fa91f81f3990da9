// Fills in what only a clock knows: [data-until] elements with the time that is left, as words.

import { now } from "./clock.js";
import { data, findAll } from "./elements.js";

// What is further away is better told by the clock.
const WORDS_FOR_SECONDS = 4 * 3600;

const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });

/**
 * "in 12 minutes", "in 1 h 30 min".
 * @param {number} seconds
 */
export function inWords(seconds) {
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) {
    return words.format(minutes, "minute");
  }
  const rest = minutes % 60;
  return data(document.body, rest ? "inHoursAndMinutes" : "inHours")
    .replace("HOURS", String(Math.floor(minutes / 60)))
    .replace("MINUTES", String(rest));
}

/**
 * "08:57", as the clock of this device shows it.
 * @param {Seconds} at
 */
export function asClock(at) {
  return new Date(1000 * at).toLocaleTimeString(document.documentElement.lang, {
    hour: "2-digit",
    minute: "2-digit",
  });
}

/**
 * "1:04:09" or "12:30": for clocks that are looked at, not read out.
 * @param {number} seconds
 */
export function asDigits(seconds) {
  const left = Math.max(0, Math.ceil(seconds));
  const [hours, minutes] = [Math.floor(left / 3600), Math.floor(left / 60) % 60];
  const tail = [minutes, left % 60].map((each) => String(each).padStart(2, "0")).join(":");
  return hours ? `${hours}:${tail}` : tail;
}

/**
 * "90", "90s", "1m30s", "1h" as seconds; null for anything else.
 * @param {string | null} text
 */
export function parseSeconds(text) {
  const found = /^(?:(\d{1,2})h)?(?:(\d{1,4})m)?(?:(\d{1,6})s?)?$/.exec(text ?? "");
  if (!text || !found) {
    return null;
  }
  const [hours, minutes, seconds] = found.slice(1).map((part) => Number(part ?? 0));
  return 3600 * hours + 60 * minutes + seconds;
}

export function fillTimes() {
  const at = now();
  for (const element of findAll(document, "[data-until]", HTMLElement)) {
    const left = Number(element.dataset.until) - at;
    const text = left > 0 && left < WORDS_FOR_SECONDS ? inWords(left) : "";
    if (element.textContent !== text) {
      element.textContent = text;
    }
  }
  for (const bar of findAll(document, "progress[data-starts]", HTMLProgressElement)) {
    bar.value = at - Number(bar.dataset.starts);
    bar.hidden = false;
  }
}
