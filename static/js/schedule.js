// The schedule follows the programme, and shows where in the day we are.

import { now } from "./clock.js";
import { follow } from "./follow.js";
import { keepFresh } from "./fragment.js";
import { paintStars, showStars } from "./stars.js";
import { offerZone } from "./zone.js";

const VIEW = "schedule-view";

/** Styles that differ per row come through the object model: the policy forbids attributes. */
function paint() {
  for (const talk of document.querySelectorAll("[data-colour]")) {
    talk.style.setProperty("--colour", talk.dataset.colour);
  }
  paintStars();
  const line = document.getElementById("now");
  if (line?.dataset.from) {
    const [from, to] = [Number(line.dataset.from), Number(line.dataset.to)];
    const share = Math.min(1, Math.max(0, (now() - from) / (to - from)));
    line.style.setProperty("--into", share.toFixed(3));
  }
}

function rememberView() {
  const choices = document.querySelectorAll("[name=view]");
  const remembered = document.getElementById(localStorage.getItem(VIEW));
  if (remembered) {
    remembered.checked = true;
  }
  for (const choice of choices) {
    choice.addEventListener("change", () => localStorage.setItem(VIEW, choice.id));
  }
}

const day = document.getElementById("day");
if (day) {
  let body;
  const refresh = keepFresh(["day"], { onFresh: paint, onRefused: () => location.reload() });
  follow(day.dataset.live, (latest) => {
    body = latest;
  });
  setInterval(() => {
    if (body) {
      refresh(body);
    }
  }, 1000);
  setInterval(paint, 30_000);
  paint();
  rememberView();
}
offerZone();
showStars();
