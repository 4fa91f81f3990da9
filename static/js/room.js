// The room: starts, switches and ends by itself, by following /live.json.

import { now } from "./clock.js";
import { follow } from "./follow.js";
import { keepFresh } from "./fragment.js";
import { askPlayback, leave, pulse } from "./playback.js";
import { Player } from "./player.js";
import { paintStars, showStars } from "./stars.js";
import { dayOf, liveTalk, nextTalk, stateOf } from "./state.js";
import { asDigits, fillTimes, inWords } from "./times.js";
import { offerZone } from "./zone.js";

// Speakers go on for a while; nobody is cut off in the middle of a sentence.
const OVERRUN_SECONDS = 300;
const PULSE_SECONDS = 30;
const RETRY_AT_MOST_SECONDS = 15;
const NEWS_SECONDS = 20;
// When the start of a talk is said aloud.
const MARKS_MINUTES = [10, 5, 1];

const byId = (id) => document.getElementById(id);
const box = byId("player");
const screen = byId("screen");
const sound = byId("sound");
const status = byId("status");
const words = new Map(
  [...byId("words").content.querySelectorAll("[data-word]")].map((word) => [
    word.dataset.word,
    word.textContent,
  ]),
);

let body = null;
let state = null;
let refusal = null;
// The talk that was on last while this page was open.
let last = null;
// The tag of the stream that plays.
let tag = null;
let isAsking = false;
let askAt = 0;
let failures = 0;
let pulseAt = Infinity;
let newsTimer;

const player = new Player(
  screen,
  { hls: box.dataset.hls, worker: box.dataset.hlsWorker, title: box.dataset.title },
  {
    onOpen: () => {
      if (failures > 0) {
        say(null);
      }
      showPanel();
    },
    onMuted: (isMuted) => {
      sound.hidden = !isMuted;
      if (isMuted) {
        say("muted", { isNews: true });
      }
    },
    onFailed: (wasSteady) => {
      failures = wasSteady ? 1 : failures + 1;
      tag = null;
      askAt = now() + Math.random() * Math.min(2 ** failures, RETRY_AT_MOST_SECONDS);
      say("trouble");
      showPanel();
    },
  },
);

/** In the one status line. What is only news goes away again. */
function say(word, { time = "", isNews = false } = {}) {
  const text = word ? words.get(word).replace("TIME", time) : "";
  clearTimeout(newsTimer);
  if (status.textContent !== text) {
    status.textContent = text;
  }
  if (isNews) {
    newsTimer = setTimeout(say, 1000 * NEWS_SECONDS, null);
  }
}

// --- What is seen ------------------------------------------------------------------------------

function showPanel() {
  const hasTrouble = failures > 0 && wantedTag() !== null;
  for (const panel of document.querySelectorAll("[data-panel]")) {
    const isIt = panel.dataset.panel === (hasTrouble ? "trouble" : state);
    panel.hidden = !isIt || player.isOpen || refusal !== null;
  }
  if (!player.isOpen) {
    sound.hidden = true;
  }
}

function showState(before) {
  for (const badge of document.querySelectorAll("[data-badge]")) {
    badge.hidden = badge.dataset.badge !== state;
  }
  showPanel();
  if (before === null) {
    return;
  }
  if (state === "live") {
    say("started", { isNews: true });
  } else if (before === "live") {
    say(player.isOpen ? "overrun" : "over", { isNews: !player.isOpen });
  }
}

function showCountdown(next, at) {
  const left = next ? next.starts - at : 0;
  for (const countdown of document.querySelectorAll("[data-countdown]")) {
    countdown.textContent = left > 0 ? asDigits(left) : "";
  }
  const isMark = MARKS_MINUTES.some((minutes) => Math.ceil(left) === minutes * 60);
  if (isMark && state !== "live") {
    say("starts", { time: inWords(left), isNews: true });
  }
}

function refuse(code) {
  refusal = code;
  const hadFocus = box.contains(document.activeElement);
  player.stop();
  tag = null;
  pulseAt = Infinity;
  clearTimeout(newsTimer);
  const reasons = [...document.querySelectorAll("#refusal [data-reason]")];
  const reason =
    reasons.find((each) => each.dataset.reason === code) ??
    reasons.find((each) => each.dataset.reason === "other");
  for (const each of reasons) {
    each.hidden = each !== reason;
  }
  byId("refusal").hidden = false;
  showPanel();
  if (hadFocus) {
    byId("refusal").focus();
  }
  status.textContent = words.get("refused").replace("REASON", reason.firstElementChild.textContent);
}

/** The place of another device of the same person becomes ours. */
async function watchHere() {
  const code = await pulse(box.dataset.pulse, box.dataset.room, { instead: true });
  if (code) {
    refuse(code);
    return;
  }
  refusal = null;
  askAt = 0;
  byId("refusal").hidden = true;
  say(null);
  box.focus();
  tick();
  showPanel();
}

// --- What plays --------------------------------------------------------------------------------

/** The tag of the stream that should play now, or null. */
function wantedTag() {
  const entry = roomEntry();
  if (refusal !== null || !entry?.stream) {
    return null;
  }
  const at = now();
  const overruns =
    player.isOpen && last !== null && at >= last.ends && at < last.ends + OVERRUN_SECONDS;
  return state === "live" || overruns ? entry.stream : null;
}

async function followStream(wanted) {
  if (wanted === null) {
    if (tag !== null) {
      player.stop();
      tag = null;
      pulseAt = Infinity;
      say(state === "live" ? null : "over", { isNews: true });
    }
    failures = 0;
    showPanel();
    return;
  }
  if (wanted === tag || isAsking || now() < askAt) {
    return;
  }
  isAsking = true;
  try {
    take(await askPlayback(box.dataset.playback));
  } catch {
    failures += 1;
  } finally {
    isAsking = false;
    // Also the pause until /live.json and the answer say the same.
    askAt = Math.max(askAt, now() + 2 + Math.random() * Math.min(2 ** failures, RETRY_AT_MOST_SECONDS));
  }
}

function take({ sources, refusal: code }) {
  if (code) {
    refuse(code);
    return;
  }
  const first = sources[0]?.tag ?? null;
  if (first === tag) {
    return;
  }
  if (tag !== null) {
    say("switched", { isNews: true });
  }
  tag = first;
  if (first === null) {
    player.stop();
  } else {
    pulseAt = Math.min(pulseAt, now() + PULSE_SECONDS);
    player.play(sources);
  }
}

async function keepAlive(at) {
  if (at < pulseAt) {
    return;
  }
  pulseAt = at + PULSE_SECONDS;
  const code = await pulse(box.dataset.pulse, box.dataset.room);
  if (code) {
    refuse(code);
  }
}

// --- Time --------------------------------------------------------------------------------------

function roomEntry() {
  return body?.rooms.find((room) => room.slug === box.dataset.room);
}

function tick() {
  const entry = roomEntry();
  if (!entry) {
    return;
  }
  const at = now();
  const { zone, dayStarts } = byId("programme").dataset;
  const before = state;
  state = stateOf(entry, at, dayOf(at, zone, Number(dayStarts)));
  last = (state === "live" && liveTalk(entry, at)) || last;
  if (state !== before) {
    if (before !== null && state === "live") {
      // Every open page is here in this second.
      askAt = at + 2 * Math.random();
    }
    showState(before);
  }
  showCountdown(nextTalk(entry, at), at);
  followStream(wantedTag());
  keepAlive(at);
  reloadForHosts();
  refresh(body);
}

/** This page may not load from a host that was added since. Never while something plays. */
function reloadForHosts() {
  const hosts = body.hosts;
  if (hosts === box.dataset.hosts || state === "live" || player.isOpen) {
    return;
  }
  if (sessionStorage.getItem("hosts") !== hosts) {
    sessionStorage.setItem("hosts", hosts);
    location.reload();
  }
}

const refresh = keepFresh(["programme", "on-now", "panels", "about"], {
  onFresh: () => {
    showPanel();
    fillTimes();
    offerZone();
    paintStars();
  },
  onRefused: () => {
    // While something plays, the pulse decides.
    if (!player.isOpen && refusal === null) {
      location.reload();
    }
  },
});

sound.addEventListener("click", () => {
  player.video.muted = false;
  player.video.play();
});

byId("instead").addEventListener("click", watchHere);
addEventListener("pagehide", () => {
  if (tag !== null || refusal === "too_many_places") {
    leave(box.dataset.leave).catch(() => {});
  }
});

follow(
  box.dataset.live,
  (latest) => {
    body = latest;
    tick();
  },
  () => player.isOpen,
);
setInterval(tick, 1000);
// Timers of hidden tabs are slowed down to one a minute; a picture that moves is not.
screen.addEventListener("timeupdate", () => keepAlive(now()), { capture: true });
setInterval(fillTimes, 10_000);
showStars();
fillTimes();
offerZone();
