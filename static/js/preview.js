// The player alone, for staff: one source, whether it is on or not.

import { byId, data } from "./elements.js";
import { askPlayback } from "./playback.js";
import { Player } from "./player.js";

const box = byId("player", HTMLElement);
const status = byId("status", HTMLElement);

const player = new Player(
  byId("screen", HTMLElement),
  { hls: data(box, "hls"), worker: data(box, "hlsWorker"), title: data(box, "title") },
  {
    onOpen: () => {
      status.textContent = "";
    },
    onTrouble: (_source, why) => {
      status.textContent = `${data(status, "failed")} ${why}`;
    },
  },
);

const answer = await askPlayback(data(box, "playback"));
if (answer.refusal === undefined && answer.sources.length > 0) {
  player.play(answer.sources);
} else {
  status.textContent = data(status, "nothing");
}
