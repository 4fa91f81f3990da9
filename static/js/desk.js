// The desk follows the programme and the pictures without a reload.

import { follow } from "./follow.js";
import { keepFresh } from "./fragment.js";

const STAGE_SECONDS = 5;

let body;
const refresh = keepFresh(["desk"], { onRefused: () => location.reload(), onFresh: sayAlarms });

follow(document.getElementById("desk").dataset.live, (latest) => {
  body = latest;
});

/** Somebody who is choosing or typing must not lose it. */
function isBusy() {
  const fields = [...document.querySelectorAll("#desk :is(input:not([type=hidden]), textarea)")];
  const isTyped = fields.some((field) => field.value !== field.defaultValue);
  return isTyped || document.activeElement?.matches("#desk :is(select, input, textarea)");
}

/** Health and viewers change all the time, and not the programme; so they come apart from it. */
async function refreshStage() {
  const response = await fetch(document.getElementById("desk").dataset.stage, {
    redirect: "manual",
  });
  if (!response.ok) {
    return;
  }
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const readout of fresh.querySelectorAll("[data-readout]")) {
    const old = document.getElementById(readout.id);
    const focused = old?.contains(document.activeElement) && document.activeElement.id;
    old?.replaceWith(document.adoptNode(readout));
    if (focused) {
      document.getElementById(focused)?.focus({ preventScroll: true });
    }
  }
  sayAlarms();
}

function sayAlarms() {
  const alarms = [...document.querySelectorAll("[data-alarm]")].map((each) => each.dataset.alarm);
  const line = document.getElementById("alarms");
  if (line.textContent !== alarms.join(" ")) {
    line.textContent = alarms.join(" ");
  }
}

setInterval(() => {
  if (body && !isBusy()) {
    refresh(body);
  }
}, 1000);
setInterval(() => {
  if (!document.hidden) {
    refreshStage().catch(() => {});
  }
}, 1000 * STAGE_SECONDS);
sayAlarms();
