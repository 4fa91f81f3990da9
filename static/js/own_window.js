// The player in a window of its own. Without this it is a plain video element; with it hls.js plays,
// in step where that is due, and the page is asked for again when the stream is another one or fails.

import { now } from "./clock.js";
import { data, find } from "./elements.js";
import { follow } from "./follow.js";
import { Player } from "./player.js";
import { liveTalk } from "./state.js";

const AGAIN_SECONDS = 5;
const HOLD_SECONDS = 45;

const main = find(document, "main", HTMLElement);
const screen = document.getElementById("screen");
const frame = document.querySelector("iframe");
let isLeaving = false;
/**
 * The code of what is on; null: nothing; undefined: not known yet.
 * @type {string | null | undefined}
 */
let talk;

function again() {
  if (!isLeaving) {
    isLeaving = true;
    setTimeout(() => location.reload(), 1000 * AGAIN_SECONDS * (1 + Math.random()));
  }
}

if (screen || frame) {
  // Asking for the page holds the place; what comes instead of it says why not.
  setInterval(async () => {
    const answer = await fetch(location.href, { method: "HEAD" }).catch(() => null);
    if (answer?.status === 401 || answer?.status === 403) {
      location.reload();
    }
  }, 1000 * HOLD_SECONDS);
}

if (screen) {
  const options = {
    hls: data(screen, "hls"),
    worker: data(screen, "hlsWorker"),
    title: data(screen, "title"),
  };
  screen.replaceChildren();
  const player = new Player(screen, options, { onFailed: again, onOver: again });
  player.play([JSON.parse(data(screen, "source"))]);
}

follow(
  data(main, "live"),
  (body) => {
    const entry = body.rooms.find(({ slug }) => slug === main.dataset.room);
    const code = entry && liveTalk(entry, now())?.code;
    const isOther = (entry?.stream ?? "") !== main.dataset.tag;
    // What plays goes on from talk to talk.
    const isNew = !screen && !frame && talk !== undefined && talk !== code;
    talk = code ?? null;
    if (isOther || isNew) {
      again();
    }
  },
  () => true,
);
