// The page of a room: what its viewer does with buttons and keys. The rest goes by itself (live_room.js).

import { byId, find } from "./elements.js";
import { Room } from "./live_room.js";
import { showStars } from "./stars.js";
import { fillTimes } from "./times.js";
import { offerZone } from "./zone.js";

const room = new Room();
const screen = byId("screen", HTMLElement);

/**
 * The keys that video sites have taught people; only while the focus is on the stage.
 * @type {Record<string, (video: HTMLVideoElement) => void>}
 */
const KEYS = {
  k: (video) => (video.paused ? video.play() : video.pause()),
  m: (video) => {
    video.muted = !video.muted;
  },
  f: () => (document.fullscreenElement ? document.exitFullscreen() : screen.requestFullscreen()),
};
find(document, ".stage", HTMLElement).addEventListener("keydown", (event) => {
  const isTyping = event.target instanceof Element && event.target.closest("select, input");
  const act = KEYS[event.key];
  if (act && room.video && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    act(room.video);
  }
});

byId("instead", HTMLElement).addEventListener("click", () => room.watchHere());
addEventListener("pagehide", () => room.leave());
// Timers of hidden tabs are slowed down to one a minute; a picture that moves is not.
screen.addEventListener("timeupdate", () => room.keepPlace(), { capture: true });

room.follow();
setInterval(fillTimes, 10_000);
showStars();
fillTimes();
offerZone();
