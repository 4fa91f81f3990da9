// Where the talks of a recording begin: look, and say "here". Works by forms; this saves the reloads.

import { find, findAll } from "./elements.js";
import { play, player, status } from "./staff_player.js";
import { asDigits } from "./times.js";

/** Where second 0 is in the picture: of what still goes on the beginning may be gone. */
function zero() {
  const { source, picture } = player;
  const { began, start = 0 } = source ?? {};
  return (began && picture?.placeOf(began - start)) || 0;
}

/**
 * Somebody else's player is opened anew at that second.
 * @param {number} second
 */
async function look(second) {
  if (player.video) {
    player.video.currentTime = zero() + second;
    player.video.play();
    return;
  }
  await play(`?t=${second}`);
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLButtonElement} button
 */
async function submit(form, button) {
  const body = new FormData(form, button);
  const response = await fetch(form.action, { method: "POST", body });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById(form.id);
  if (!response.ok || !(fresh instanceof HTMLFormElement)) {
    location.reload();
    return;
  }
  const name = button.name ? `[name="by"][value="${button.value}"]` : "[data-here]";
  form.replaceWith(document.adoptNode(fresh));
  enhance(fresh);
  find(fresh, name, HTMLElement).focus();
  status.textContent = page.querySelector(".messagelist .error")?.textContent ?? "";
  look(Number(fresh.dataset.second));
}

/** @param {HTMLFormElement} form */
function enhance(form) {
  const lookButton = find(form, "[data-look]", HTMLElement);
  lookButton.hidden = false;
  lookButton.addEventListener("click", () => look(Number(form.dataset.second)));
  const field = find(form, "[name=second]", HTMLInputElement);
  const written = field.value;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = event.submitter;
    if (!(button instanceof HTMLButtonElement)) {
      return;
    }
    const isHere = "here" in button.dataset;
    // Unless somebody has written a time, it is what is seen.
    if (isHere && field.value === written && player.video) {
      field.value = asDigits(Math.round(player.video.currentTime - zero()));
    }
    submit(form, button);
  });
}

const forms = findAll(document, "form.offset", HTMLFormElement);
forms.forEach(enhance);
const first = forms.find(({ id }) => `#${id}` === location.hash) ?? forms[0];
look(Number(first?.dataset.second ?? 0));
