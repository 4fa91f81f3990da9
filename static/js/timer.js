// The countdown on stage. Goes on without a connection; follows shifts and the chair with one.

import { learnFrom, now } from "./clock.js";
import { asDigits } from "./times.js";

const POLL_SECONDS = 2.5;
const OFFLINE_AFTER = 3;
// Seconds before the end from which the words and the colour change.
const SOON = 5 * 60;
const LAST = 60;
// Said aloud once each, to those who listen instead of looking.
const MARKS = [
  [600, "ten"],
  [300, "five"],
  [60, "one"],
  [0, "now"],
];

const main = document.getElementById("timer");
const part = Object.fromEntries(
  ["title", "phase", "clock", "message", "until", "offline", "full", "said"].map((id) => [
    id,
    document.getElementById(id),
  ]),
);
let talk = {
  starts: Number(main.dataset.starts),
  ends: Number(main.dataset.ends),
  canceled: main.dataset.canceled === "1",
};
let failures = 0;
let lastLeft;

function phaseAt(at) {
  if (talk.canceled) {
    return "off";
  }
  if (at < talk.starts) {
    return "before";
  }
  const left = talk.ends - at;
  if (left <= 0) {
    return "over";
  }
  return left <= LAST ? "last" : left <= SOON ? "soon" : "running";
}

function write(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

function clockAt(at, phase) {
  if (phase === "off") {
    return "–";
  }
  if (phase === "over") {
    return `+${asDigits(at - talk.ends)}`;
  }
  return asDigits((phase === "before" ? talk.starts : talk.ends) - at);
}

function tick() {
  const at = now();
  const phase = phaseAt(at);
  main.dataset.phase = phase;
  write(part.phase, main.dataset[phase]);
  const digits = clockAt(at, phase);
  write(part.clock, digits);
  part.clock.classList.toggle("is-long", digits.length > 5);
  sayMarks(talk.ends - at, phase);
}

function sayMarks(left, phase) {
  const mark = MARKS.find(([seconds]) => left <= seconds && lastLeft > seconds);
  if (mark && phase !== "off" && phase !== "before") {
    write(part.said, main.dataset[mark[1]]);
  }
  lastLeft = left;
}

async function ask() {
  try {
    const asked = now();
    const response = await fetch(main.dataset.url, { cache: "no-cache" });
    if (!response.ok) {
      throw new Error(String(response.status));
    }
    talk = await response.json();
    learnFrom(response, asked);
    failures = 0;
    write(part.title, talk.title);
    write(part.message, talk.message);
    write(part.until, talk.until);
  } catch {
    failures += 1;
  }
  part.offline.hidden = failures < OFFLINE_AFTER;
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
  part.full.hidden = false;
  part.full.addEventListener("click", () => main.requestFullscreen());
}
stayAwake();
setInterval(tick, 200);
tick();
ask();
