// The countdown on stage. Goes on without a connection; follows shifts and the chair with one.

import { learnFrom, now } from "./clock.js";
import { digitsAt, markBetween, phaseAt } from "./countdown.js";
import { byId, data } from "./elements.js";

const POLL_SECONDS = 2.5;
const OFFLINE_AFTER = 3;

const main = byId("timer", HTMLElement);
const clock = byId("clock", HTMLElement);
const fullScreen = byId("full", HTMLElement);
/** @type {TimerTalk} */
let talk = {
  starts: Number(main.dataset.starts),
  ends: Number(main.dataset.ends),
  canceled: main.dataset.canceled === "1",
};
let failures = 0;
let lastLeft = -Infinity;

/**
 * @param {string} id
 * @param {string} text
 */
function write(id, text) {
  const element = byId(id, HTMLElement);
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

function tick() {
  const at = now();
  const phase = phaseAt(talk, at);
  main.dataset.phase = phase;
  write("phase", data(main, phase));
  const digits = digitsAt(talk, at);
  write("clock", digits);
  clock.classList.toggle("is-long", digits.length > 5);
  const left = talk.ends - at;
  const mark = markBetween(lastLeft, left);
  if (mark && phase !== "off" && phase !== "before") {
    write("said", data(main, mark));
  }
  lastLeft = left;
}

async function ask() {
  try {
    const asked = now();
    const response = await fetch(data(main, "url"), { cache: "no-cache" });
    if (!response.ok) {
      throw new Error(String(response.status));
    }
    /** @type {TimerBody} */
    const { title, message, until, ...latest } = await response.json();
    talk = latest;
    learnFrom(response, asked);
    failures = 0;
    write("title", title);
    write("message", message);
    write("until", until);
  } catch {
    failures += 1;
  }
  byId("offline", HTMLElement).hidden = failures < OFFLINE_AFTER;
  setTimeout(ask, 1000 * POLL_SECONDS * (1 + Math.random() / 4));
}

/** Browsers let the screen sleep again whenever the page was out of sight. */
async function stayAwake() {
  try {
    if (!document.hidden) {
      await navigator.wakeLock?.request("screen");
    }
  } catch {
    // Low battery: the screen may sleep.
  }
}

document.addEventListener("visibilitychange", stayAwake);
if (document.fullscreenEnabled) {
  fullScreen.hidden = false;
  fullScreen.addEventListener("click", () => main.requestFullscreen());
}
stayAwake();
setInterval(tick, 200);
tick();
ask();
