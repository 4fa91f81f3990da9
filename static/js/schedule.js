// The schedule follows the programme, and shows where in the day we are.

import { now } from "./clock.js";
import { data, findAll } from "./elements.js";
import { follow } from "./follow.js";
import { keepFresh } from "./fragment.js";
import { me } from "./me.js";
import { paintStars, showStars } from "./stars.js";
import { offerZone } from "./zone.js";

const VIEW = "schedule-view";

/** Styles that differ per row come through the object model: the policy forbids attributes. */
function paint() {
  for (const talk of findAll(document, "[data-colour]", HTMLElement)) {
    talk.style.setProperty("--colour", data(talk, "colour"));
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
  const remembered = localStorage.getItem(VIEW);
  for (const choice of findAll(document, "[name=view]", HTMLInputElement)) {
    if (choice.id === remembered) {
      choice.checked = true;
    }
    choice.addEventListener("change", () => localStorage.setItem(VIEW, choice.id));
  }
}

const day = document.getElementById("day");
if (day) {
  /** @type {LiveBody | undefined} */
  let body;
  const refresh = keepFresh(["day"], { onFresh: paint, onRefused: () => location.reload() });
  follow(data(day, "live"), (latest) => {
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
/** The timer of a talk is for those who speak in it or chair it. */
async function offerTimer() {
  const link = document.querySelector("[data-timer]");
  if (link instanceof HTMLElement && (await me()).talks.includes(data(link, "timer"))) {
    link.hidden = false;
  }
}

offerZone();
showStars();
// Without an answer there is none, as for everybody else.
offerTimer().catch(() => {});
