// The desk follows the programme without a reload.

import { follow } from "./follow.js";
import { keepFresh } from "./fragment.js";

let body;
const refresh = keepFresh(["desk"], { onRefused: () => location.reload() });

follow(document.getElementById("desk").dataset.live, (latest) => {
  body = latest;
});

/** Somebody who is choosing in a list must not lose it. */
function isBusy() {
  return document.activeElement?.matches("#desk select");
}

setInterval(() => {
  if (body && !isBusy()) {
    refresh(body);
  }
}, 1000);
