// The strip of announcements on every page. /live.json names them all and has the words of public
// ones; the words of the others are asked for, and only people with a ticket get them.

import { now } from "./clock.js";
import { overhear } from "./follow.js";
import { me } from "./me.js";

const DISMISSED = "dismissed";
const DISMISSED_AT_MOST = 50;
// Every open page learns of new words within the same seconds.
const SPREAD_MS = 1500;
// The process that answers may learn of them a second later than the one that has named them.
const ASKED_AT_MOST = 3;

const box = document.getElementById("announcements");
// Tag → {text, urgency, room} of those that /live.json only names.
const words = new Map();
const asked = new Map();
let listed = [];
let isAsking = false;

function dismissed() {
  return JSON.parse(localStorage.getItem(DISMISSED) ?? "[]");
}

/** What this viewer sees on this page now, what is urgent first. */
function wanted() {
  const gone = dismissed();
  return listed
    .filter(({ tag, ends }) => !gone.includes(tag) && !(ends <= now()))
    .map((entry) => ({ ...words.get(entry.tag), ...entry }))
    .filter(({ text, room }) => text !== undefined && (!room || room === box.dataset.room));
}

function show() {
  const entries = wanted();
  const tags = entries.map(({ tag }) => tag);
  const strips = new Map(
    [...box.querySelectorAll("[data-tag]")].map((strip) => [strip.dataset.tag, strip]),
  );
  for (const [tag, strip] of strips) {
    if (!tags.includes(tag)) {
      remove(strip);
    }
  }
  const after = new Map();
  for (const entry of entries.reverse()) {
    const region = box.querySelector(
      entry.urgency === "emergency" ? "[role=alert]" : "[role=status]",
    );
    const strip = strips.get(entry.tag) ?? make(entry);
    if (!strip.isConnected) {
      region.insertBefore(strip, after.get(region) ?? null);
    }
    after.set(region, strip);
  }
}

function make({ tag, urgency, text }) {
  const strip = box.querySelector("template").content.firstElementChild.cloneNode(true);
  Object.assign(strip.dataset, { tag, urgency });
  for (const word of strip.querySelectorAll("[data-word]")) {
    word.hidden = word.dataset.word !== urgency;
  }
  strip.querySelector("[data-text]").textContent = text;
  offerDismissal(strip);
  return strip;
}

function remove(strip) {
  if (strip.contains(document.activeElement)) {
    document.getElementById("main").focus({ preventScroll: true });
  }
  strip.remove();
}

function offerDismissal(strip) {
  const button = strip.querySelector("button");
  button.hidden = false;
  button.addEventListener("click", () => {
    const tags = [...dismissed(), strip.dataset.tag].slice(-DISMISSED_AT_MOST);
    localStorage.setItem(DISMISSED, JSON.stringify(tags));
    remove(strip);
  });
}

/** What the operator tells everybody while the app cannot: nginx has the file as it is now. */
async function operatorsWords() {
  try {
    const response = await fetch(box.dataset.emergency, { cache: "no-cache" });
    const text = response.ok ? (await response.text()).trim() : "";
    return text ? [{ tag: `file ${text}`, text, urgency: "emergency" }] : [];
  } catch {
    return [];
  }
}

async function askForWords() {
  const missing = listed
    .filter(({ tag, text }) => text === undefined && !words.has(tag))
    .map(({ tag }) => tag)
    .filter((tag) => (asked.get(tag) ?? 0) < ASKED_AT_MOST);
  if (isAsking || missing.length === 0 || (await isNobody())) {
    return;
  }
  isAsking = true;
  try {
    await new Promise((resolve) => {
      setTimeout(resolve, SPREAD_MS * Math.random());
    });
    const response = await fetch(box.dataset.now, { headers: { Accept: "application/json" } });
    if (response.ok) {
      const { announcements } = await response.json();
      for (const { tag, ...said } of announcements) {
        words.set(tag, said);
      }
      show();
    }
    const isRefused = response.status === 401 || response.status === 403;
    for (const tag of missing) {
      asked.set(tag, isRefused ? ASKED_AT_MOST : (asked.get(tag) ?? 0) + 1);
    }
  } catch {
    // The next /live.json asks again.
  } finally {
    isAsking = false;
  }
}

/** Whoever has not signed in need not ask. */
async function isNobody() {
  try {
    return (await me()).name === null;
  } catch {
    return false;
  }
}

export function showAnnouncements() {
  if (!box) {
    return;
  }
  const gone = dismissed();
  for (const strip of box.querySelectorAll("[data-tag]")) {
    if (gone.includes(strip.dataset.tag)) {
      strip.remove();
    } else {
      offerDismissal(strip);
    }
  }
  overhear(box.dataset.live, async (body, isOfNow) => {
    const said = body.announcements;
    listed = isOfNow
      ? said
      : [...(await operatorsWords()), ...said.filter((each) => !each.is_file)];
    show();
    askForWords();
  });
}
