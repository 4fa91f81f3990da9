// The lobby follows the programme without a reload.

import { byId, data } from "./elements.js";
import { follow } from "./follow.js";
import { keepFresh } from "./fragment.js";
import { keepOwnRooms, markOwnRooms } from "./own_rooms.js";
import { fillTimes } from "./times.js";
import { showViewers } from "./viewers.js";
import { offerZone } from "./zone.js";

/** @type {LiveBody | undefined} */
let body;
const refresh = keepFresh(["rooms"], {
  onFresh: () => {
    fillTimes();
    showViewers(body);
    markOwnRooms();
  },
  onRefused: () => location.reload(),
});

follow(data(byId("rooms", HTMLElement), "live"), (latest) => {
  body = latest;
  showViewers(body);
});

setInterval(() => {
  fillTimes();
  keepOwnRooms();
  if (body) {
    refresh(body);
  }
}, 1000);
fillTimes();
keepOwnRooms();
offerZone();
