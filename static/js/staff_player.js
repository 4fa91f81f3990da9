// The player on the pages of the staff: one source, whether it is on or not.

import { byId, data } from "./elements.js";
import { askPlayback } from "./playback.js";
import { Player } from "./player.js";

const box = byId("player", HTMLElement);
export const status = byId("status", HTMLElement);

export const player = new Player(
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

/** @param {string} query of the playback's address */
export async function play(query = "") {
  const answer = await askPlayback(data(box, "playback") + query);
  if (answer.refusal === undefined && answer.sources.length > 0) {
    player.play(answer.sources);
  } else {
    status.textContent = data(status, "nothing");
  }
}
