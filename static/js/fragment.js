// Parts of a page, fetched again from the page's own address when they are out of date: what is
// shared is rendered by the server alone, also while the programme is hidden and /live.json has no
// titles. The first part carries when it was rendered, as data attributes.

import { asOf } from "./as_of.js";
import { now } from "./clock.js";
import { dayOf, liveTalk, nextTalk, stateOf } from "./state.js";

// When a talk starts, every open page notices in the same second.
const SPREAD_SECONDS = 4;
const RETRY_SECONDS = 5;

/**
 * Keeps the elements with these ids fresh; call the answer with the body of /live.json, again and
 * again. `onFresh` follows each change, `onRefused` an answer that is no longer for this person.
 */
export function keepFresh(ids, { onFresh = () => {}, onRefused = () => {} } = {}) {
  let isWaiting = false;

  return async (body) => {
    const { isChanged, isPast } = compare(body, document.getElementById(ids[0]).dataset);
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

/** isChanged: the programme is another one. isPast: a talk has begun or ended since. */
function compare(body, stamp) {
  return {
    isChanged: Number(stamp.revision) !== body.revision,
    isPast: signature(body, Number(stamp.at), stamp) !== signature(body, now(), stamp),
  };
}

function signature(body, at, stamp) {
  const today = dayOf(at, stamp.zone, Number(stamp.dayStarts));
  return body.rooms
    .map((room) => [stateOf(room, at, today), liveTalk(room, at)?.code, nextTalk(room, at)?.code])
    .join();
}

function swap(ids, fresh) {
  for (const id of ids) {
    const old = document.getElementById(id);
    const next = fresh.getElementById(id);
    if (!next) {
      continue;
    }
    const focused =
      old.contains(document.activeElement) && document.activeElement.getAttribute("href");
    const [oldBox, nextBox] = [old, next].map((part) => part.querySelector("[data-scrolls]"));
    const scrolled = oldBox && { left: oldBox.scrollLeft, top: oldBox.scrollTop };
    old.replaceWith(document.adoptNode(next));
    nextBox?.scrollTo({ ...scrolled, behavior: "instant" });
    if (focused) {
      next.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    }
  }
}

function pause(seconds) {
  return new Promise((resolve) => {
    setTimeout(resolve, 1000 * seconds);
  });
}
