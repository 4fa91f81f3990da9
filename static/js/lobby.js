// The lobby follows the programme without a reload.

import { follow } from "./follow.js";
import { keepFresh } from "./fragment.js";
import { fillTimes } from "./times.js";
import { offerZone } from "./zone.js";

let body;
const refresh = keepFresh(["rooms"], { onFresh: fillTimes, onRefused: () => location.reload() });

follow(document.getElementById("rooms").dataset.live, (latest) => {
  body = latest;
});

setInterval(() => {
  fillTimes();
  if (body) {
    refresh(body);
  }
}, 1000);
fillTimes();
offerZone();
