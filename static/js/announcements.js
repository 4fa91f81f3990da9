// The strip of announcements on every page. /live.json names them all and has the words of public
// ones; the words of the others are asked for, and only people with a ticket get them.

import { now } from "./clock.js";
import { byId, data, find, findAll } from "./elements.js";
import { overhear } from "./follow.js";
import { me } from "./me.js";

const DISMISSED = "dismissed";
const DISMISSED_AT_MOST = 50;
// Every open page learns of new words within the same seconds.
const SPREAD_MS = 1500;
// The process that answers may learn of them a second later than the one that has named them.
const ASKED_AT_MOST = 3;

/** @typedef {AnnouncementEntry & AnnouncementWords} Announcement */

/** @returns {string[]} the tags of what this viewer has closed */
function dismissed() {
  return JSON.parse(localStorage.getItem(DISMISSED) ?? "[]");
}

class Announcements {
  #box;
  /**
   * By tag: the words of those that /live.json only names.
   * @type {Map<string, AnnouncementWords>}
   */
  #words = new Map();
  /**
   * By tag: how often its words were asked for.
   * @type {Map<string, number>}
   */
  #asked = new Map();
  /** @type {AnnouncementEntry[]} */
  #listed = [];
  #isAsking = false;

  /** @param {HTMLElement} box */
  constructor(box) {
    this.#box = box;
    const gone = dismissed();
    for (const strip of this.#strips) {
      if (gone.includes(data(strip, "tag"))) {
        strip.remove();
      } else {
        offerDismissal(strip);
      }
    }
  }

  /**
   * Show what /live.json says, or, while the app is away, what the operator does.
   * @param {AnnouncementEntry[]} said
   * @param {boolean} isOfNow
   */
  async take(said, isOfNow) {
    this.#listed = isOfNow
      ? said
      : [...(await this.#operatorsWords()), ...said.filter((each) => !each.is_file)];
    this.#show();
    this.#askForWords();
  }

  get #strips() {
    return findAll(this.#box, "[data-tag]", HTMLElement);
  }

  /** What this viewer sees on this page now, what is urgent first. */
  get #wanted() {
    const gone = dismissed();
    const { room: here } = this.#box.dataset;
    return this.#listed
      .filter(({ tag, ends = Infinity }) => !gone.includes(tag) && ends > now())
      .map((entry) => ({ ...this.#words.get(entry.tag), ...entry }))
      .filter(/** @returns {entry is Announcement} */ (entry) => entry.text !== undefined)
      .filter(({ room }) => !room || room === here);
  }

  #show() {
    const wanted = this.#wanted;
    const tags = wanted.map(({ tag }) => tag);
    const strips = new Map(this.#strips.map((strip) => [data(strip, "tag"), strip]));
    for (const [tag, strip] of strips) {
      if (!tags.includes(tag)) {
        remove(strip);
      }
    }
    const after = new Map();
    for (const announcement of wanted.reverse()) {
      const role = announcement.urgency === "emergency" ? "alert" : "status";
      const region = find(this.#box, `[role=${role}]`, HTMLElement);
      const strip = strips.get(announcement.tag) ?? this.#make(announcement);
      if (!strip.isConnected) {
        region.insertBefore(strip, after.get(region) ?? null);
      }
      after.set(region, strip);
    }
  }

  /** @param {Announcement} announcement */
  #make({ tag, urgency, text }) {
    const { content } = find(this.#box, "template", HTMLTemplateElement);
    const strip = document.importNode(find(content, "[data-tag]", HTMLElement), true);
    Object.assign(strip.dataset, { tag, urgency });
    for (const word of findAll(strip, "[data-word]", HTMLElement)) {
      word.hidden = word.dataset.word !== urgency;
    }
    find(strip, "[data-text]", HTMLElement).textContent = text;
    offerDismissal(strip);
    return strip;
  }

  /**
   * What the operator tells everybody while the app cannot: nginx has the file as it is now.
   * @returns {Promise<Announcement[]>}
   */
  async #operatorsWords() {
    try {
      const response = await fetch(data(this.#box, "emergency"), { cache: "no-cache" });
      const text = response.ok ? (await response.text()).trim() : "";
      return text ? [{ tag: `file ${text}`, text, urgency: "emergency" }] : [];
    } catch {
      return [];
    }
  }

  async #askForWords() {
    const missing = this.#listed
      .filter(({ tag, text }) => text === undefined && !this.#words.has(tag))
      .map(({ tag }) => tag)
      .filter((tag) => this.#timesAsked(tag) < ASKED_AT_MOST);
    if (this.#isAsking || missing.length === 0 || (await isNobody())) {
      return;
    }
    this.#isAsking = true;
    try {
      await new Promise((resolve) => {
        setTimeout(resolve, SPREAD_MS * Math.random());
      });
      await this.#ask(missing);
    } catch {
      // The next /live.json asks again.
    } finally {
      this.#isAsking = false;
    }
  }

  /** @param {string[]} missing tags */
  async #ask(missing) {
    const headers = { Accept: "application/json" };
    const response = await fetch(data(this.#box, "now"), { headers });
    if (response.ok) {
      /** @type {{ announcements: (AnnouncementWords & { tag: string })[] }} */
      const { announcements } = await response.json();
      for (const { tag, ...words } of announcements) {
        this.#words.set(tag, words);
      }
      this.#show();
    }
    const isRefused = response.status === 401 || response.status === 403;
    for (const tag of missing) {
      this.#asked.set(tag, isRefused ? ASKED_AT_MOST : this.#timesAsked(tag) + 1);
    }
  }

  /** @param {string} tag */
  #timesAsked(tag) {
    return this.#asked.get(tag) ?? 0;
  }
}

/** @param {HTMLElement} strip */
function remove(strip) {
  if (strip.contains(document.activeElement)) {
    byId("main", HTMLElement).focus({ preventScroll: true });
  }
  strip.remove();
}

/** @param {HTMLElement} strip */
function offerDismissal(strip) {
  const button = find(strip, "button", HTMLButtonElement);
  button.hidden = false;
  button.addEventListener("click", () => {
    const tags = [...dismissed(), strip.dataset.tag].slice(-DISMISSED_AT_MOST);
    localStorage.setItem(DISMISSED, JSON.stringify(tags));
    remove(strip);
  });
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
  const box = document.getElementById("announcements");
  if (box) {
    const announcements = new Announcements(box);
    overhear(data(box, "live"), (body, isOfNow) => {
      announcements.take(body.announcements, isOfNow);
    });
  }
}
