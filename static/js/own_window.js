// The player in a window of its own. Without this it is a plain video element; with it hls.js plays,
// in step where that is due, and the page is asked for again when the stream is another one or fails.

import { now } from "./clock.js";
import { follow } from "./follow.js";
import { Player } from "./player.js";
import { liveTalk } from "./state.js";

const AGAIN_SECONDS = 5;

const { room, live, tag } = document.querySelector("main").dataset;
const screen = document.getElementById("screen");
const frame = document.querySelector("iframe");
const nothing = () => {};
let isLeaving = false;
let talk;

function again() {
  if (!isLeaving) {
    isLeaving = true;
    setTimeout(() => location.reload(), 1000 * AGAIN_SECONDS * (1 + Math.random()));
  }
}

if (screen) {
  const { hls, hlsWorker: worker, title, source } = screen.dataset;
  screen.replaceChildren();
  const player = new Player(
    screen,
    { hls, worker, title },
    {
      onOpen: nothing,
      onMuted: nothing,
      onTrouble: nothing,
      onFailed: again,
      onWeak: nothing,
      onLevels: nothing,
      onOver: again,
      onPulledBack: nothing,
    },
  );
  player.play([JSON.parse(source)]);
}

follow(
  live,
  (body) => {
    const entry = body.rooms.find(({ slug }) => slug === room);
    const code = entry && liveTalk(entry, now())?.code;
    const isOther = (entry?.stream ?? "") !== tag;
    // What plays goes on from talk to talk.
    const isNew = !screen && !frame && talk !== undefined && talk !== code;
    talk = code ?? null;
    if (isOther || isNew) {
      again();
    }
  },
  () => true,
);
