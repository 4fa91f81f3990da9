// Where the talks of a recording begin: look, and say "here". Works by forms; this saves the reloads.

import { askPlayback } from "./playback.js";
import { Player } from "./player.js";
import { asDigits } from "./times.js";

const box = document.getElementById("player");
const status = document.getElementById("status");
const player = new Player(
  document.getElementById("screen"),
  { hls: box.dataset.hls, worker: box.dataset.hlsWorker, title: box.dataset.title },
  {
    onOpen: () => {
      status.textContent = "";
    },
    onMuted: () => {},
    onTrouble: (_source, why) => {
      status.textContent = `${status.dataset.failed} ${why}`;
    },
    onFailed: () => {},
    onWeak: () => {},
    onLevels: () => {},
  },
);

/** Where second 0 is in the picture: of what still goes on the beginning may be gone. */
function zero() {
  const { source, picture } = player;
  return picture.placeOf(source.began - source.start) ?? 0;
}

/** Somebody else's player is opened anew at that second. */
async function look(second) {
  if (player.video) {
    player.video.currentTime = zero() + second;
    player.video.play();
    return;
  }
  const { sources = [] } = await askPlayback(`${box.dataset.playback}?t=${second}`);
  if (sources.length > 0) {
    player.play(sources);
  } else {
    status.textContent = status.dataset.nothing;
  }
}

async function submit(form, button) {
  const body = new FormData(form, button);
  const response = await fetch(form.action, { method: "POST", body });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById(form.id);
  if (!response.ok || !fresh) {
    location.reload();
    return;
  }
  const name = button.name ? `[name="by"][value="${button.value}"]` : "[data-here]";
  form.replaceWith(document.adoptNode(fresh));
  enhance(fresh);
  fresh.querySelector(name).focus();
  status.textContent = page.querySelector(".messagelist .error")?.textContent ?? "";
  look(Number(fresh.dataset.second));
}

function enhance(form) {
  const lookButton = form.querySelector("[data-look]");
  lookButton.hidden = false;
  lookButton.addEventListener("click", () => look(Number(form.dataset.second)));
  const field = form.querySelector("[name=second]");
  const written = field.value;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const isHere = "here" in event.submitter.dataset;
    // Unless somebody has written a time, it is what is seen.
    if (isHere && field.value === written && player.video) {
      field.value = asDigits(Math.round(player.video.currentTime - zero()));
    }
    submit(form, event.submitter);
  });
}

const forms = [...document.querySelectorAll("form.offset")];
forms.forEach(enhance);
const first = document.querySelector(`form.offset${location.hash || ""}`) ?? forms[0];
look(Number(first?.dataset.second ?? 0));
