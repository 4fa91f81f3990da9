// A replay: begins at ?t=, else where this browser stopped, else where the talk begins.

import { now } from "./clock.js";
import { byId, data } from "./elements.js";
import { nameOfLanguage } from "./languages.js";
import { askPlayback } from "./playback.js";
import { Player } from "./player.js";
import { Pulse } from "./pulse.js";
import { hideRefusal, showRefusal } from "./refusal.js";
import { keep, stoppedAt } from "./resume.js";
import { StatusLine } from "./status_line.js";
import { asDigits, parseSeconds } from "./times.js";

const KEEP_SECONDS = 5;
// The page asks again whether it may go on, and so gets new rights before the old ones end.
const ASK_SECONDS = 45;
const RENEW_SECONDS = 120;
const RETRY_AT_MOST_SECONDS = 15;
const SPEED = "speed";

const box = byId("player", HTMLElement);
const code = data(box, "code");
const length = Number(data(box, "seconds"));
const status = new StatusLine(byId("status", HTMLElement), byId("words", HTMLTemplateElement));
const screen = byId("screen", HTMLElement);
const sound = byId("sound", HTMLElement);
const waiting = byId("waiting", HTMLElement);
const controls = byId("controls", HTMLElement);
const version = byId("version", HTMLSelectElement);
const speed = byId("speed", HTMLSelectElement);
const share = byId("share", HTMLElement);
const toStart = byId("to-start", HTMLElement);
const pictureInPicture = byId("picture-in-picture", HTMLElement);

/** @type {Source[]} */
let sources = [];
/**
 * The tag of the recording that is chosen.
 * @type {string | null}
 */
let chosen = null;
let failures = 0;
let keptAt = 0;
/** @type {number | undefined} */
let askTimer;

const player = new Player(
  screen,
  { hls: data(box, "hls"), worker: data(box, "hlsWorker"), title: data(box, "title") },
  {
    onOpen: () => {
      failures = 0;
      waiting.hidden = true;
      if (status.says("trouble")) {
        status.say(null);
      }
      showControls();
    },
    onMuted: (isMuted) => {
      sound.hidden = !isMuted;
      if (isMuted) {
        status.say("muted", { isNews: true });
      } else if (status.says("muted")) {
        status.say(null);
      }
    },
    onFailed: () => {
      failures += 1;
      status.say("trouble");
      askIn(Math.random() * Math.min(2 ** failures, RETRY_AT_MOST_SECONDS));
    },
    onEnded: () => {
      keep(code, length, length);
      status.say("over", { isNews: true });
    },
  },
);
player.isSaving = localStorage.getItem("saving") === "yes";

// --- Where it is -------------------------------------------------------------------------------

/** Where in the picture the talk begins; null where there is none, or it is somebody else's player. */
function talkStart() {
  const { picture, source, video } = player;
  if (!picture || !source?.talk || !video) {
    return null;
  }
  const { began, start } = source.talk;
  return (began === null ? null : picture.placeOf(began)) ?? start;
}

/** The second of the talk that is seen, or null. */
function second() {
  const start = talkStart();
  return start === null || !player.video ? null : player.video.currentTime - start;
}

function keepPlace() {
  const { video } = player;
  const at = second();
  if (video && at !== null && video.readyState > 0 && !video.ended) {
    keep(code, at, length);
  }
}

/**
 * A source that begins at that second of the talk.
 * @param {Source} source
 * @param {number} at
 * @returns {Source}
 */
function from(source, at) {
  const { start = 0, began = null } = source;
  return {
    ...source,
    talk: { start, began },
    start: Math.max(0, start + at),
    began: began === null ? null : began + at,
  };
}

// --- What plays --------------------------------------------------------------------------------

/** @param {number} seconds */
function askIn(seconds) {
  clearTimeout(askTimer);
  askTimer = setTimeout(ask, 1000 * seconds);
}

async function ask() {
  const at = second() ?? beginAt;
  let answer;
  try {
    answer = await askPlayback(`${data(box, "playback")}?t=${Math.max(0, Math.floor(at))}`);
  } catch {
    // Nobody is locked out because a network broke.
    failures += 1;
    if (!player.isOpen) {
      status.say("trouble");
    }
    askIn(Math.min(2 ** failures, RETRY_AT_MOST_SECONDS));
    return;
  }
  if (answer.refusal !== undefined) {
    refuse(answer.refusal);
    return;
  }
  take(answer.sources, at);
  askIn(ASK_SECONDS * (1 + Math.random() / 4));
}

/**
 * @param {Source[]} offered
 * @param {number} at the second of the talk that is seen
 */
function take(offered, at) {
  sources = offered;
  const wanted = sources.find(({ tag }) => tag === chosen) ?? sources[0];
  if (!wanted) {
    waiting.hidden = false;
    player.stop();
    status.say("nothing");
    return;
  }
  const { source } = player;
  if (!player.isOpen || source?.tag !== wanted.tag) {
    open(wanted, at);
  } else if (wanted.player === "video" && isEnding(source)) {
    player.renew([from(wanted, second() ?? at)]);
  }
}

/** @param {Source} source */
function isEnding({ expires }) {
  return expires !== null && expires - now() < RENEW_SECONDS;
}

/**
 * @param {Source} source
 * @param {number} at
 */
function open(source, at) {
  chosen = source.tag;
  player.play([from(source, at)]);
}

/** @param {string} refusal */
function refuse(refusal) {
  player.stop();
  controls.hidden = true;
  waiting.hidden = true;
  status.say("refused", { reason: showRefusal(refusal) });
}

// The place is held by asking where it is; this alone takes that of another device, or gives it up.
const urls = { pulse: data(box, "pulse"), leave: data(box, "leave") };
const pulse = new Pulse(urls, { replay: code }, refuse);
byId("instead", HTMLElement).addEventListener("click", async () => {
  const refusal = await pulse.takeOver();
  if (refusal) {
    refuse(refusal);
    return;
  }
  hideRefusal();
  status.say(null);
  ask();
});

// --- Below it ----------------------------------------------------------------------------------

function showControls() {
  const { video } = player;
  controls.hidden = false;
  version.replaceChildren(...sources.map((source) => new Option(nameOf(source), source.tag)));
  version.value = player.source?.tag ?? "";
  byId("version-choice", HTMLElement).hidden = sources.length < 2;
  byId("speed-choice", HTMLElement).hidden = !video;
  toStart.hidden = !video;
  pictureInPicture.hidden = !video || !document.pictureInPictureEnabled;
  share.hidden = !video || !navigator.clipboard;
  if (video) {
    video.playbackRate = Number(speed.value);
    video.addEventListener("pause", keepPlace);
  }
}

/** @param {Source} source */
function nameOf({ language }) {
  return language ? nameOfLanguage(language) : status.textOf("original");
}

version.addEventListener("change", () => {
  const source = sources.find(({ tag }) => tag === version.value);
  if (source) {
    open(source, second() ?? 0);
  }
});
speed.addEventListener("change", () => {
  localStorage.setItem(SPEED, speed.value);
  if (player.video) {
    player.video.playbackRate = Number(speed.value);
  }
});
toStart.addEventListener("click", () => {
  if (player.video) {
    player.video.currentTime = talkStart() ?? 0;
    player.video.play();
  }
});
pictureInPicture.addEventListener("click", () => player.togglePictureInPicture());
share.addEventListener("click", async () => {
  const url = new URL(location.pathname, location.href);
  url.searchParams.set("t", String(Math.max(0, Math.floor(second() ?? 0))));
  await navigator.clipboard.writeText(url.href);
  // Once for each click.
  status.say(null);
  status.say("copied", { isNews: true });
});
sound.addEventListener("click", () => player.unmute());

screen.addEventListener(
  "timeupdate",
  () => {
    if (Math.abs(now() - keptAt) > KEEP_SECONDS) {
      keptAt = now();
      keepPlace();
    }
  },
  { capture: true },
);
addEventListener("pagehide", () => {
  keepPlace();
  pulse.leave().catch(() => {});
});

const speeds = [...speed.options].map((option) => option.value);
const keptSpeed = localStorage.getItem(SPEED) ?? "";
if (speeds.includes(keptSpeed)) {
  speed.value = keptSpeed;
}
const here = new URL(location.href);
const wished = parseSeconds(here.searchParams.get("t"));
const stopped = wished === null ? stoppedAt(code) : null;
const beginAt = wished === null ? (stopped ?? 0) : Math.min(wished, length);
if (here.searchParams.has("t")) {
  // A reload goes on where it was.
  here.searchParams.delete("t");
  history.replaceState(history.state, "", here);
}
if (stopped !== null) {
  status.say("resumed", { time: asDigits(stopped), isNews: true });
}
ask();
