// Follows /live.json: one small file for the whole conference, the same for everybody.

import { learnFrom, now } from "./clock.js";
import { liveTalk, nextTalk } from "./state.js";

// Seconds, each with up to half as much on top, so that pages do not ask in step.
const WHEN_LIVE = 2;
const WHEN_QUIET = 10;
const AT_MOST = 30;
// One answer that is lost is nothing to talk about.
const SILENT_AFTER = 2;
// What starts so soon is as good as live.
const ABOUT_TO_START = 120;

/**
 * Call `onBody` with each new body. `isPlaying` keeps a hidden tab asking; other hidden tabs stop,
 * and ask at once when they are seen again. `onSilence(since)` when nothing answers any more: what is
 * shown is as of that second.
 */
export function follow(url, onBody, isPlaying = () => false, onSilence = () => {}) {
  let timer;
  let failures = 0;
  let last;
  let heardAt = null;

  async function ask() {
    let body;
    try {
      const asked = now();
      // The browser's cache sends the ETag, and turns a 304 into the body that it has.
      const response = await fetch(url, { cache: "no-cache" });
      if (!response.ok) {
        throw new Error(`${url}: ${response.status}`);
      }
      body = await response.json();
      learnFrom(response, asked);
      failures = 0;
      heardAt = now();
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

function isBusy(body) {
  const at = now();
  return body.rooms.some(
    (room) => liveTalk(room, at) || nextTalk(room, at)?.starts - at < ABOUT_TO_START,
  );
}
