// A replay: begins at ?t=, else where this browser stopped, else where the talk begins.

import { now } from "./clock.js";
import { askPlayback } from "./playback.js";
import { Player } from "./player.js";
import { keep, stoppedAt } from "./resume.js";
import { asDigits } from "./times.js";

const KEEP_SECONDS = 5;
// The page asks again whether it may go on, and so gets new rights before the old ones end.
const ASK_SECONDS = 45;
const RENEW_SECONDS = 120;
const RETRY_AT_MOST_SECONDS = 15;
const NEWS_SECONDS = 20;
const SPEED = "speed";

const byId = (id) => document.getElementById(id);
const box = byId("player");
const { code, title, hls, hlsWorker } = box.dataset;
const length = Number(box.dataset.seconds);
const status = byId("status");
const sound = byId("sound");
const words = new Map(
  [...byId("words").content.querySelectorAll("[data-word]")].map((word) => [
    word.dataset.word,
    word.textContent,
  ]),
);

let sources = [];
// The tag of the recording that is chosen.
let chosen = null;
let failures = 0;
let keptAt = 0;
let newsTimer;
let askTimer;

const player = new Player(
  byId("screen"),
  { hls, worker: hlsWorker, title },
  {
    onOpen: () => {
      failures = 0;
      byId("waiting").hidden = true;
      if (status.textContent === words.get("trouble")) {
        say("");
      }
      showControls();
    },
    onMuted: (isMuted) => {
      sound.hidden = !isMuted;
      if (isMuted) {
        say(words.get("muted"));
      }
    },
    onTrouble: () => {},
    onFailed: () => {
      failures += 1;
      say(words.get("trouble"), { isNews: false });
      askIn(Math.random() * Math.min(2 ** failures, RETRY_AT_MOST_SECONDS));
    },
    onWeak: () => {},
    onLevels: () => {},
    onEnded: () => {
      keep(code, length, length);
      say(words.get("over"));
    },
  },
);
player.isSaving = localStorage.getItem("saving") === "yes";

/** In the one status line. What is only news goes away again. */
function say(text, { isNews = true } = {}) {
  clearTimeout(newsTimer);
  status.textContent = text;
  if (isNews && text) {
    newsTimer = setTimeout(say, 1000 * NEWS_SECONDS, "");
  }
}

// --- Where it is -------------------------------------------------------------------------------

/** "90", "90s", "1m30s", "1h" as seconds; null for anything else. */
function parseSecond(text) {
  const found = /^(?:(\d{1,2})h)?(?:(\d{1,4})m)?(?:(\d{1,6})s?)?$/.exec(text ?? "");
  if (!text || !found) {
    return null;
  }
  const [hours, minutes, seconds] = found.slice(1).map((part) => Number(part ?? 0));
  return Math.min(3600 * hours + 60 * minutes + seconds, length);
}

/** Where in the picture the talk begins; null where there is none, or it is somebody else's player. */
function talkStart() {
  const { talk } = player.source ?? {};
  return player.video ? (player.picture.placeOf(talk.began) ?? talk.start) : null;
}

/** The second of the talk that is seen, or null. */
function second() {
  const start = talkStart();
  return start === null ? null : player.video.currentTime - start;
}

function keepPlace() {
  const at = second();
  if (at !== null && player.video.readyState > 0 && !player.video.ended) {
    keep(code, at, length);
  }
}

/** A source that begins `at` that second of the talk. */
function from(source, at) {
  const { start, began } = source;
  const talk = { start, began };
  return {
    ...source,
    talk,
    start: Math.max(0, start + at),
    began: began === null ? null : began + at,
  };
}

// --- What plays --------------------------------------------------------------------------------

function askIn(seconds) {
  clearTimeout(askTimer);
  askTimer = setTimeout(ask, 1000 * seconds);
}

async function ask() {
  const at = second() ?? beginAt;
  let answer;
  try {
    answer = await askPlayback(`${box.dataset.playback}?t=${Math.max(0, Math.floor(at))}`);
  } catch {
    // Nobody is locked out because a network broke.
    failures += 1;
    if (!player.isOpen) {
      say(words.get("trouble"), { isNews: false });
    }
    askIn(Math.min(2 ** failures, RETRY_AT_MOST_SECONDS));
    return;
  }
  if (answer.refusal) {
    refuse(answer.refusal);
    return;
  }
  take(answer, at);
  askIn(ASK_SECONDS * (1 + Math.random() / 4));
}

function take(answer, at) {
  sources = answer.sources;
  const wanted = sources.find(({ tag }) => tag === chosen) ?? sources[0];
  if (!wanted) {
    byId("waiting").hidden = false;
    player.stop();
    say(words.get("nothing"), { isNews: false });
    return;
  }
  const isSame = player.isOpen && player.source.tag === wanted.tag;
  if (!isSame) {
    open(wanted, at);
  } else if (wanted.player === "video" && isEnding(player.source)) {
    player.renew([from(wanted, second())]);
  }
}

function isEnding(source) {
  return source.expires !== null && source.expires - now() < RENEW_SECONDS;
}

function open(source, at) {
  chosen = source.tag;
  player.play([from(source, at)]);
}

function refuse(reason) {
  player.stop();
  byId("controls").hidden = true;
  byId("waiting").hidden = true;
  const reasons = [...document.querySelectorAll("#refusal [data-reason]")];
  const shown =
    reasons.find((each) => each.dataset.reason === reason) ??
    reasons.find((each) => each.dataset.reason === "other");
  shown.hidden = false;
  byId("refusal").hidden = false;
  say(words.get("refused").replace("REASON", shown.firstElementChild.textContent), {
    isNews: false,
  });
}

// --- Below it ----------------------------------------------------------------------------------

function showControls() {
  const { video } = player;
  byId("controls").hidden = false;
  const select = byId("version");
  select.replaceChildren(...sources.map((source) => new Option(nameOf(source), source.tag)));
  select.value = player.source.tag;
  byId("version-choice").hidden = sources.length < 2;
  for (const id of ["speed-choice", "to-start"]) {
    byId(id).hidden = !video;
  }
  byId("picture-in-picture").hidden = !video || !document.pictureInPictureEnabled;
  byId("share").hidden = !video || !navigator.clipboard;
  if (video) {
    video.playbackRate = Number(byId("speed").value);
    video.addEventListener("pause", keepPlace);
  }
}

function nameOf({ language }) {
  if (!language) {
    return words.get("original");
  }
  try {
    return new Intl.DisplayNames(document.documentElement.lang, { type: "language" }).of(language);
  } catch {
    return language;
  }
}

byId("version").addEventListener("change", ({ target }) => {
  const at = second() ?? 0;
  open(
    sources.find(({ tag }) => tag === target.value),
    at,
  );
});
byId("speed").addEventListener("change", ({ target }) => {
  localStorage.setItem(SPEED, target.value);
  player.video.playbackRate = Number(target.value);
});
byId("to-start").addEventListener("click", () => {
  player.video.currentTime = talkStart();
  player.video.play();
});
byId("picture-in-picture").addEventListener("click", () => {
  if (document.pictureInPictureElement) {
    document.exitPictureInPicture();
  } else {
    player.video.requestPictureInPicture().catch(() => {});
  }
});
byId("share").addEventListener("click", async () => {
  const url = new URL(location.pathname, location.href);
  url.searchParams.set("t", Math.max(0, Math.floor(second())));
  await navigator.clipboard.writeText(url.href);
  say(words.get("copied"));
});
sound.addEventListener("click", () => {
  player.video.muted = false;
  player.video.play();
});

byId("screen").addEventListener(
  "timeupdate",
  () => {
    if (Math.abs(now() - keptAt) > KEEP_SECONDS) {
      keptAt = now();
      keepPlace();
    }
  },
  { capture: true },
);
addEventListener("pagehide", keepPlace);

const speeds = [...byId("speed").options].map((option) => option.value);
if (speeds.includes(localStorage.getItem(SPEED))) {
  byId("speed").value = localStorage.getItem(SPEED);
}
const here = new URL(location.href);
const wished = parseSecond(here.searchParams.get("t"));
const stopped = wished === null ? stoppedAt(code) : null;
const beginAt = wished ?? stopped ?? 0;
if (here.searchParams.has("t")) {
  // A reload goes on where it was.
  here.searchParams.delete("t");
  history.replaceState(history.state, "", here);
}
if (stopped !== null) {
  say(words.get("resumed").replace("TIME", asDigits(stopped)));
}
ask();
