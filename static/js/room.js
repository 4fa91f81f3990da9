// The room: starts, switches and ends by itself, by following /live.json.

import { now } from "./clock.js";
import { Controls } from "./controls.js";
import { follow } from "./follow.js";
import { keepFresh } from "./fragment.js";
import { askPlayback, leave, pulse, report } from "./playback.js";
import { Player } from "./player.js";
import { paintStars, showStars } from "./stars.js";
import { dayOf, liveTalk, nextTalk, stateOf } from "./state.js";
import { asClock, asDigits, fillTimes, inWords } from "./times.js";
import { showViewers } from "./viewers.js";
import { offerZone } from "./zone.js";

// Speakers go on for a while; nobody is cut off in the middle of a sentence.
const OVERRUN_SECONDS = 300;
const PULSE_SECONDS = 30;
const RETRY_AT_MOST_SECONDS = 15;
const NEWS_SECONDS = 20;
// Rights are renewed so long before they end, not by everybody in the same second.
const RENEW_SECONDS = 60;
// When the start of a talk is said aloud.
const MARKS_MINUTES = [10, 5, 1];

// As its crew sees it, whatever the programme says.
const isCheck = document.getElementById("player").dataset.check !== undefined;
// What does not play for staff alone is no trouble for anybody.
const isReported = !isCheck && document.getElementById("as-of") === null;

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
// The tag of what is on: a stream or a slate.
let tag = null;
let slate = "";
let isAsking = false;
let askAt = 0;
let renewAt = Infinity;
let failures = 0;
let hadTrouble = false;
let isOffline = false;
let pulseAt = Infinity;
let newsTimer;

const player = new Player(
  screen,
  { hls: box.dataset.hls, worker: box.dataset.hlsWorker, title: box.dataset.title },
  {
    onOpen: () => {
      if (failures > 0) {
        say(null);
      } else if (hadTrouble) {
        say("backup", { isNews: true });
      }
      hadTrouble = false;
      controls.show();
      showPanel();
    },
    onMuted: (isMuted) => {
      sound.hidden = !isMuted;
      if (isMuted) {
        say("muted", { isNews: true });
      }
    },
    onTrouble: (source, why) => {
      hadTrouble = true;
      if (isReported) {
        report(box.dataset.report, { room: box.dataset.room, tag: source.tag, why });
      }
    },
    onFailed: (why, wasSteady) => {
      failures = wasSteady ? 1 : failures + 1;
      tag = null;
      // Whose right has ended gets a new one, or learns why not.
      const isRefused = why === "refused" && failures === 1;
      const wait = isRefused ? 1 : Math.min(2 ** failures, RETRY_AT_MOST_SECONDS);
      askAt = now() + Math.random() * wait;
      say("trouble");
      showPanel();
    },
    onWeak: () => controls.offerLess(),
    onLevels: () => controls.show(),
    onOver: () => {
      player.stop();
      say("recording-over", { isNews: true });
      showPanel();
    },
    onPulledBack: () => say("in-step", { isNews: true }),
  },
);
const controls = new Controls(byId("controls"), player, (sources) => player.play(sources));

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
  for (const panel of document.querySelectorAll("[data-panel]")) {
    const isIt = panel.dataset.panel === panelNow();
    panel.hidden = !isIt || player.hasPicture || refusal !== null;
  }
  if (!player.hasPicture) {
    sound.hidden = true;
  }
}

function panelNow() {
  if (slate !== "" && wantedTag() !== null) {
    return "slate";
  }
  return failures > 0 && wantedTag() !== null ? "trouble" : state;
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
  close();
  controls.hide();
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
    player.hasPicture && last !== null && at >= last.ends && at < last.ends + OVERRUN_SECONDS;
  if (overruns && state !== "live" && player.source?.begins) {
    // The rest of a recording; then its own list of sources says what follows.
    return tag;
  }
  return state === "live" || overruns || isCheck ? entry.stream : null;
}

async function followStream(wanted) {
  if (wanted === null) {
    if (tag !== null) {
      close();
      say(state === "live" ? null : "over", { isNews: true });
    }
    failures = 0;
    showPanel();
    return;
  }
  const isUpToDate = wanted === tag && now() < renewAt;
  if (isUpToDate || isAsking || now() < askAt) {
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
    askAt = Math.max(
      askAt,
      now() + 2 + Math.random() * Math.min(2 ** failures, RETRY_AT_MOST_SECONDS),
    );
  }
}

function take(answer) {
  if (answer.refusal) {
    refuse(answer.refusal);
    return;
  }
  const sources = controls.take(answer);
  // What is wanted plays already: the same as before, or a talk was moved, or has its turn.
  const isSame = player.isOpen && (answer.tag === tag || sources[0]?.tag === player.source?.tag);
  if (tag !== null && answer.tag !== tag && !isSame) {
    say("switched", { isNews: true });
  }
  tag = answer.tag;
  slate = answer.slate;
  byId("slate").textContent = slate;
  renewAt = renewalOf(sources);
  if (sources.length === 0) {
    player.stop();
    showPanel();
    return;
  }
  pulseAt = Math.min(pulseAt, now() + PULSE_SECONDS);
  if (isSame) {
    player.renew(sources);
  } else {
    player.play(sources);
  }
}

/** When to ask for new rights, so that nothing that plays is cut off. */
function renewalOf(sources) {
  const ends = sources.filter((source) => source.player === "video").map((each) => each.expires);
  const soonest = Math.min(...ends.filter((end) => end !== null));
  return soonest - RENEW_SECONDS * (1 + Math.random());
}

function close() {
  player.stop();
  tag = null;
  slate = "";
  pulseAt = Infinity;
  renewAt = Infinity;
}

async function keepAlive(at) {
  if (at < pulseAt || isCheck) {
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

// The keys that video sites have taught people; only while the focus is on the stage.
const KEYS = {
  k: (video) => (video.paused ? video.play() : video.pause()),
  m: (video) => {
    video.muted = !video.muted;
  },
  f: () => (document.fullscreenElement ? document.exitFullscreen() : screen.requestFullscreen()),
};
document.querySelector(".stage").addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("select, input");
  const act = KEYS[event.key];
  if (act && player.video && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    act(player.video);
  }
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
    showViewers(body);
    if (isOffline) {
      isOffline = false;
      say(null);
    }
    tick();
  },
  () => player.isOpen,
  (since) => {
    isOffline = true;
    say("offline", { time: asClock(since) });
  },
);
setInterval(tick, 1000);
// Timers of hidden tabs are slowed down to one a minute; a picture that moves is not.
screen.addEventListener("timeupdate", () => keepAlive(now()), { capture: true });
setInterval(fillTimes, 10_000);
showStars();
fillTimes();
offerZone();
