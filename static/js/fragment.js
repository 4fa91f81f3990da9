// Parts of a page, fetched again from the page's own address when they are out of date: what is
// shared is rendered by the server alone, also while the programme is hidden and /live.json has no
// titles. The first part carries when it was rendered, as data attributes.

import { asOf } from "./as_of.js";
import { now } from "./clock.js";
import { byId, data } from "./elements.js";
import { dayOf, liveTalk, nextTalk, stateOf } from "./state.js";

// When a talk starts, every open page notices in the same second.
const SPREAD_SECONDS = 4;
const RETRY_SECONDS = 5;

/**
 * Keeps the elements with these ids fresh; call the answer with the body of /live.json, again and
 * again. `onFresh` follows each change, `onRefused` an answer that is no longer for this person.
 * @param {string[]} ids
 * @param {{ onFresh?: () => void, onRefused?: () => void }} events
 * @returns {(body: LiveBody) => Promise<void>}
 */
export function keepFresh(ids, { onFresh = () => {}, onRefused = () => {} } = {}) {
  let isWaiting = false;

  return async (body) => {
    const { isChanged, isPast } = compare(body, stampOf(ids[0]), now());
    if (isWaiting || !(isChanged || isPast)) {
      return;
    }
    isWaiting = true;
    try {
      // Pages learn of a change one after the other, as they happen to ask.
      await pause(isChanged ? 0 : 0.5 + Math.random() * SPREAD_SECONDS);
      const response = await fetch(asOf(location.href), { cache: "no-cache", redirect: "manual" });
      if (response.ok) {
        swap(ids, new DOMParser().parseFromString(await response.text(), "text/html"));
        onFresh();
      } else {
        if (response.status < 500) {
          onRefused();
        }
        await pause(RETRY_SECONDS);
      }
    } catch {
      await pause(RETRY_SECONDS);
    } finally {
      isWaiting = false;
    }
  };
}

/**
 * When a part was rendered, from which revision of the programme, and what days are there.
 * @typedef {{
 *   revision: number, at: Seconds, zone: string, dayStarts: number, firstDay: string
 * }} Stamp
 */

/**
 * @param {string} id
 * @returns {Stamp}
 */
function stampOf(id) {
  const part = byId(id, HTMLElement);
  return {
    revision: Number(data(part, "revision")),
    at: Number(data(part, "at")),
    zone: data(part, "zone"),
    dayStarts: Number(data(part, "dayStarts")),
    firstDay: data(part, "firstDay"),
  };
}

/**
 * isChanged: the programme is another one. isPast: a talk has begun or ended since, or a day.
 * @param {LiveBody} body
 * @param {Stamp} stamp
 * @param {Seconds} at
 */
export function compare(body, stamp, at) {
  return {
    isChanged: stamp.revision !== body.revision,
    isPast: signature(body, stamp.at, stamp) !== signature(body, at, stamp),
  };
}

/**
 * Differs where something else is on or next, and from day to day: /live.json does not tell what goes
 * on all day.
 * @param {LiveBody} body
 * @param {Seconds} at
 * @param {Stamp} stamp
 */
function signature(body, at, { zone, dayStarts, firstDay }) {
  const today = dayOf(at, zone, dayStarts, firstDay);
  const rooms = body.rooms.map((room) => [
    stateOf(room, at, today),
    liveTalk(room, at)?.code,
    nextTalk(room, at)?.code,
  ]);
  return [today, ...rooms].join();
}

/**
 * Put the fresh parts in the places of the old ones, with the same scrolling and focus.
 * @param {string[]} ids
 * @param {Document} fresh
 */
function swap(ids, fresh) {
  for (const id of ids) {
    const old = byId(id, HTMLElement);
    const next = fresh.getElementById(id);
    if (!next) {
      continue;
    }
    const active = document.activeElement;
    const focused = old.contains(active) ? active?.getAttribute("href") : null;
    const [oldBox, nextBox] = [old, next].map((part) => part.querySelector("[data-scrolls]"));
    const scrolled = oldBox && { left: oldBox.scrollLeft, top: oldBox.scrollTop };
    old.replaceWith(document.adoptNode(next));
    nextBox?.scrollTo({ ...scrolled, behavior: "instant" });
    if (focused) {
      const link = next.querySelector(`a[href="${CSS.escape(focused)}"]`);
      if (link instanceof HTMLElement) {
        link.focus({ preventScroll: true });
      }
    }
  }
}

/**
 * @param {number} seconds
 * @returns {Promise<void>}
 */
function pause(seconds) {
  return new Promise((resolve) => {
    setTimeout(resolve, 1000 * seconds);
  });
}
