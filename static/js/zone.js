// Times are those of the venue until somebody wants their own: the server does the rest, by cookie.

import { data, find } from "./elements.js";
import { me, post } from "./me.js";

/** Offer the device's zone, or the venue's to somebody who has left it. */
export function offerZone() {
  const line = document.getElementById("zone");
  if (!line) {
    return;
  }
  const link = find(line, "a", HTMLAnchorElement);
  // The page is shared and knows its path only.
  link.search = String(new URLSearchParams({ next: location.pathname + location.search }));
  nameZone(line).catch(() => {});
  const { page, venue } = line.dataset;
  const mine = Intl.DateTimeFormat().resolvedOptions().timeZone;
  // Two names for one time (Berlin, Paris) are no choice; what counts is the conference's days.
  const isOffered = mine && Number(page) !== offsetIn(mine, new Date(data(line, "from")));
  const isAway = page !== venue;
  if (!isOffered && !isAway) {
    return;
  }
  const button = document.createElement("button");
  button.type = "button";
  button.className = "link";
  button.textContent = isOffered
    ? data(line, "offer").replace("ZONE", mine.replaceAll("_", " "))
    : data(line, "back");
  button.addEventListener("click", async () => {
    await post(link.pathname, { zone: isOffered ? mine : "" });
    const url = new URL(location.href);
    if (url.searchParams.has("tz")) {
      url.searchParams.delete("tz");
      location.replace(url);
    } else {
      location.reload();
    }
  });
  link.before(button, " ");
}

/**
 * All who have the same clock share a page, whichever name each of them chose.
 * @param {HTMLElement} line
 */
async function nameZone(line) {
  const { zone } = await me();
  if (zone?.tag === data(line, "tag")) {
    find(line, "strong", HTMLElement).textContent = zone.name;
  }
}

/**
 * In minutes from UTC.
 * @param {string} zone
 * @param {Date} instant
 */
export function offsetIn(zone, instant) {
  const [there, utc] = [zone, "UTC"].map((timeZone) => {
    const clock = instant.toLocaleString("en-US", { timeZone, hourCycle: "h23" });
    return Date.parse(`${clock} UTC`);
  });
  return (there - utc) / 60_000;
}

/** In the form of all zones: the device's own on top. */
function pinOwnZone() {
  const select = document.querySelector("select[data-own]");
  if (!(select instanceof HTMLSelectElement)) {
    return;
  }
  const mine = Intl.DateTimeFormat().resolvedOptions().timeZone;
  // The list has one name for each place; the server knows the others.
  const known = [...select.options].find(({ value }) => value === mine);
  const name = known?.textContent ?? mine.replaceAll("_", " ");
  select.options[0].after(new Option(`${select.dataset.own}: ${name}`, mine));
}

pinOwnZone();
