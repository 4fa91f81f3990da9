// The player alone, for staff: one source, whether it is on or not.

import { askPlayback } from "./playback.js";
import { Player } from "./player.js";

const box = document.getElementById("player");
const status = document.getElementById("status");

const player = new Player(
  document.getElementById("screen"),
  { hls: box.dataset.hls, worker: box.dataset.hlsWorker, title: box.dataset.title },
  {
    onOpen: () => {
      status.textContent = "";
    },
    onMuted: () => {},
    onTrouble: (_source, why) => {
      status.textContent = `${status.dataset.failed} ${why}`;
    },
    onFailed: () => {},
    onWeak: () => {},
    onLevels: () => {},
  },
);

const { sources = [] } = await askPlayback(box.dataset.playback);
if (sources.length > 0) {
  player.play(sources);
} else {
  status.textContent = status.dataset.nothing;
}
