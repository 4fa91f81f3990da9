// What a viewer may choose below the picture: another source, the quality, less data. Choices are
// remembered: of sources by role and language, since the sources themselves change during the day.

import { byId, find, findAll } from "./elements.js";
import { nameOfLanguage } from "./languages.js";

/** @import { Player } from "./player.js" */

const FAR_BEHIND_SECONDS = 15;

export class Controls {
  #box;
  #player;
  #onChoose;
  #names;
  /** @type {Source[]} */
  #sources = [];
  /** @type {Source[]} */
  #choices = [];
  /** @type {number | undefined} */
  #behindTimer;

  #sourceSelect = byId("source", HTMLSelectElement);
  #qualitySelect = byId("quality", HTMLSelectElement);
  #saving = byId("saving", HTMLInputElement);
  #less = byId("less", HTMLElement);
  #join = byId("join", HTMLAnchorElement);
  #toLive = byId("to-live", HTMLElement);
  #pictureInPicture = byId("picture-in-picture", HTMLElement);
  #ownWindow = byId("own-window", HTMLAnchorElement);

  /**
   * @param {HTMLElement} box
   * @param {Player} player
   * @param {(sources: Source[]) => void} onChoose called with them in the order that the viewer wants
   */
  constructor(box, player, onChoose) {
    this.#box = box;
    this.#player = player;
    this.#onChoose = onChoose;
    const { content } = find(box, "template", HTMLTemplateElement);
    const names = findAll(content, "[data-role]", HTMLElement);
    this.#names = new Map(names.map((name) => [name.dataset.role, name.textContent]));
    this.#saving.checked = savesByDefault();
    player.isSaving = this.#saving.checked;
    this.#listen();
  }

  /**
   * The sources of an answer in the order in which this viewer wants them.
   * @param {Playback} answer
   */
  take({ sources, choices = [] }) {
    const joins = sources.filter((source) => source.player === "link");
    this.#join.hidden = joins.length === 0;
    if (joins.length > 0) {
      this.#join.href = joins[0].url;
      this.#box.hidden = false;
    }
    this.#sources = sources.filter((source) => source.player !== "link");
    this.#choices = choices.filter((source) => source.player !== "link");
    return this.#inOrder();
  }

  show() {
    this.#box.hidden = !this.#player.isOpen;
    this.#fillSources();
    this.#fillLevels();
    const video = this.#player.video;
    this.#pictureInPicture.hidden = !video || !document.pictureInPictureEnabled;
    this.#ownWindow.hidden = !this.#player.source?.is_gated;
    clearInterval(this.#behindTimer);
    this.#behindTimer = setInterval(() => this.#showBehind(), 1000);
  }

  hide() {
    clearInterval(this.#behindTimer);
    this.#box.hidden = true;
  }

  /** The picture stalls again and again: offer the sound alone, or the small picture. */
  offerLess() {
    this.#less.hidden = this.#lesser === undefined;
  }

  get #all() {
    return [...this.#sources, ...this.#choices];
  }

  #inOrder() {
    /** @type {{ role: string, language: string } | null} */
    const wanted = JSON.parse(localStorage.getItem("choice") ?? "null");
    const chosen = this.#choices.find(
      ({ role, language }) => role === wanted?.role && language === wanted?.language,
    );
    return chosen ? [chosen, ...this.#sources] : this.#sources;
  }

  get #lesser() {
    const other = this.#choices.filter(({ tag }) => tag !== this.#player.source?.tag);
    return other.find(({ role }) => role === "audio") ?? other.find(({ role }) => role === "low");
  }

  /** @param {Source | undefined} source */
  #choose(source) {
    if (!source) {
      return;
    }
    const { role, language } = source;
    if (this.#choices.includes(source)) {
      localStorage.setItem("choice", JSON.stringify({ role, language }));
    } else {
      localStorage.removeItem("choice");
    }
    this.#less.hidden = true;
    this.#onChoose([source, ...this.#sources.filter((each) => each !== source)]);
  }

  /** @param {Source} source */
  #label({ role, language, label }) {
    if (label) {
      return label;
    }
    const name = this.#names.get(role) ?? "";
    if (!language) {
      return name;
    }
    const inWords = nameOfLanguage(language);
    return role === "language" ? inWords : `${name} (${inWords})`;
  }

  #fillSources() {
    const options = this.#all.map((source) => new Option(this.#label(source), source.tag));
    this.#sourceSelect.replaceChildren(...options);
    this.#sourceSelect.value = this.#player.source?.tag ?? "";
    showChoice(this.#sourceSelect, options.length > 1);
  }

  #fillLevels() {
    const select = this.#qualitySelect;
    const levels = this.#player.picture?.levels ?? [];
    const known = [...select.options]
      .slice(1)
      .map((option) => option.text)
      .join();
    const texts = levels.map(({ height, bitrate }) =>
      height ? `${height}p` : `${Math.round(bitrate / 1000)} kbit/s`,
    );
    if (known !== texts.join()) {
      select.replaceChildren(
        select.options[0],
        ...texts.map((text, index) => new Option(text, String(index))),
      );
      select.value = "-1";
    }
    showChoice(select, levels.length > 1);
  }

  #showBehind() {
    const behind = this.#player.isOpen ? (this.#player.picture?.behind ?? 0) : 0;
    this.#toLive.hidden = behind < FAR_BEHIND_SECONDS;
  }

  #listen() {
    this.#sourceSelect.addEventListener("change", () => {
      this.#choose(this.#all.find(({ tag }) => tag === this.#sourceSelect.value));
    });
    this.#qualitySelect.addEventListener("change", () => {
      if (this.#player.picture) {
        this.#player.picture.level = Number(this.#qualitySelect.value);
      }
    });
    this.#saving.addEventListener("change", () => {
      const { checked } = this.#saving;
      localStorage.setItem("saving", checked ? "yes" : "no");
      this.#player.isSaving = checked;
      this.#player.picture?.saveData(checked);
    });
    this.#less.addEventListener("click", () => this.#choose(this.#lesser));
    this.#toLive.addEventListener("click", () => {
      const { video, picture } = this.#player;
      if (video && picture) {
        video.currentTime += picture.behind - 6;
        video.play();
      }
    });
    this.#ownWindow.addEventListener("click", (event) => {
      event.preventDefault();
      this.#player.video?.pause();
      window.open(this.#ownWindow.href, "", "popup,width=960,height=600");
    });
    this.#pictureInPicture.addEventListener("click", () => this.#player.togglePictureInPicture());
  }
}

function savesByDefault() {
  const saved = localStorage.getItem("saving");
  return saved === null ? navigator.connection?.saveData === true : saved === "yes";
}

/**
 * With its label.
 * @param {HTMLSelectElement} select
 * @param {boolean} isThere
 */
function showChoice(select, isThere) {
  const label = select.closest("label");
  if (label) {
    label.hidden = !isThere;
  }
}
