// Follows /live.json: one small file for the whole conference, the same for everybody.

import { asOf } from "./as_of.js";
import { learnFrom, now } from "./clock.js";

// Seconds, each with up to half as much on top, so that pages do not ask in step.
const WHEN_LIVE = 2;
const WHEN_QUIET = 10;
const AT_MOST = 30;
// One answer that is lost is nothing to talk about.
const SILENT_AFTER = 2;
// From so long before a talk on something may have to be announced to everybody.
const OPEN_SECONDS = 12 * 3600;

// What nginx says of its answer while the app does not give one (deploy/nginx.conf).
const IS_OLD = ["STALE", "UPDATING"];

/** @type {((body: LiveBody, isOfNow: boolean) => void)[]} */
const listeners = [];
let isFollowing = false;

/**
 * Hear what the page's own script follows; where it follows nothing, follow for it. `isOfNow` is
 * false while the app is away, and nginx or nobody answers for it.
 * @param {string} url
 * @param {(body: LiveBody, isOfNow: boolean) => void} onBody
 */
export function overhear(url, onBody) {
  listeners.push(onBody);
  // When all scripts of the page have run.
  document.addEventListener("DOMContentLoaded", () => {
    if (!isFollowing) {
      follow(url, () => {});
    }
  });
}

/**
 * Call `onBody` with each new body. `isPlaying` keeps a hidden tab asking; other hidden tabs stop,
 * and ask at once when they are seen again. `onSilence` when nothing answers any more: what is shown
 * is as of `since`.
 * @param {string} url
 * @param {(body: LiveBody) => void} onBody
 * @param {() => boolean} isPlaying
 * @param {(since: Seconds) => void} onSilence
 */
export function follow(url, onBody, isPlaying = () => false, onSilence = () => {}) {
  /** @type {number | undefined} */
  let timer;
  let failures = 0;
  /** @type {LiveBody | undefined} */
  let last;
  /** @type {Seconds | null} */
  let heardAt = null;
  isFollowing = true;

  async function ask() {
    /** @type {LiveBody | undefined} */
    let body;
    let isOfNow = false;
    try {
      const asked = now();
      // The browser's cache sends the ETag, and turns a 304 into the body that it has.
      const response = await fetch(asOf(url), { cache: "no-cache" });
      if (!response.ok) {
        throw new Error(`${url}: ${response.status}`);
      }
      body = await response.json();
      learnFrom(response, asked);
      failures = 0;
      heardAt = now();
      isOfNow = !IS_OLD.includes(response.headers.get("Front-Row-Cache") ?? "");
    } catch {
      failures += 1;
      if (failures === SILENT_AFTER && heardAt !== null) {
        onSilence(heardAt);
      }
    }
    last = body ?? last;
    later();
    if (body) {
      onBody(body);
    }
    if (last) {
      for (const listener of listeners) {
        listener(last, isOfNow);
      }
    }
  }

  function later() {
    clearTimeout(timer);
    if (document.hidden && !isPlaying()) {
      return;
    }
    const pace = last && isBusy(last) ? WHEN_LIVE : WHEN_QUIET;
    const seconds = Math.min(pace * 2 ** failures, AT_MOST);
    timer = setTimeout(ask, 1000 * seconds * (1 + Math.random() / 2));
  }

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) {
      clearTimeout(timer);
      ask();
    }
  });
  ask();
}

/** @param {LiveBody} body */
function isBusy(body) {
  const soon = now() + OPEN_SECONDS;
  return body.rooms.some((room) =>
    room.talks.some(({ starts, ends }) => starts < soon && ends > now()),
  );
}
