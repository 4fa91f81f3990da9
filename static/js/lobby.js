// The lobby follows the programme without a reload.

import { follow } from "./follow.js";
import { keepFresh } from "./fragment.js";
import { fillTimes } from "./times.js";
import { showViewers } from "./viewers.js";
import { offerZone } from "./zone.js";

let body;
const refresh = keepFresh(["rooms"], {
  onFresh: () => {
    fillTimes();
    showViewers(body);
  },
  onRefused: () => location.reload(),
});

follow(document.getElementById("rooms").dataset.live, (latest) => {
  body = latest;
  showViewers(body);
});

setInterval(() => {
  fillTimes();
  if (body) {
    refresh(body);
  }
}, 1000);
fillTimes();
offerZone();
