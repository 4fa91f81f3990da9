// The desk follows the programme and the pictures without a reload.

import { byId, data, findAll } from "./elements.js";
import { follow } from "./follow.js";
import { keepFresh } from "./fragment.js";

const STAGE_SECONDS = 5;

/** @type {LiveBody | undefined} */
let body;
const refresh = keepFresh(["desk"], { onRefused: () => location.reload(), onFresh: sayAlarms });

follow(data(byId("desk", HTMLElement), "live"), (latest) => {
  body = latest;
});

/** Somebody who is choosing or typing must not lose it. */
function isBusy() {
  const desk = byId("desk", HTMLElement);
  const fields = [
    ...findAll(desk, "input:not([type=hidden])", HTMLInputElement),
    ...findAll(desk, "textarea", HTMLTextAreaElement),
  ];
  const isTyped = fields.some((field) => field.value !== field.defaultValue);
  return isTyped || document.activeElement?.matches("#desk :is(select, input, textarea)");
}

/** Health and viewers change all the time, and not the programme; so they come apart from it. */
async function refreshStage() {
  const url = data(byId("desk", HTMLElement), "stage");
  const response = await fetch(url, { redirect: "manual" });
  if (!response.ok) {
    return;
  }
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const readout of fresh.querySelectorAll("[data-readout]")) {
    const old = document.getElementById(readout.id);
    const focused = old?.contains(document.activeElement) && document.activeElement?.id;
    old?.replaceWith(document.adoptNode(readout));
    if (focused) {
      document.getElementById(focused)?.focus({ preventScroll: true });
    }
  }
  sayAlarms();
}

function sayAlarms() {
  const alarms = findAll(document, "[data-alarm]", HTMLElement).map((each) => each.dataset.alarm);
  const line = byId("alarms", HTMLElement);
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
