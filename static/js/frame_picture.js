// One source in a frame: somebody else's player, which tells us nothing.

/** @import { Level, PictureEvents } from "./video_picture.js" */

const RIGHTS = "autoplay; fullscreen; picture-in-picture; encrypted-media";
const READY_SECONDS = 8;

export class FramePicture {
  element;
  source;
  hasFailed = false;
  /** @type {Level[]} */
  levels = [];
  level = -1;
  behind = 0;
  #events;
  #timer;

  /**
   * @param {Source} source
   * @param {{ title: string }} options
   * @param {Pick<PictureEvents, "onReady" | "onFailed">} events
   */
  constructor(source, { title }, events) {
    this.source = source;
    this.#events = events;
    this.element = document.createElement("iframe");
    this.element.title = title;
    this.element.allow = RIGHTS;
    this.element.allowFullscreen = true;
    this.element.referrerPolicy = "strict-origin-when-cross-origin";
    this.element.src = source.url;
    this.#timer = setTimeout(() => this.#fail("silent"), 1000 * READY_SECONDS);
    this.#ask(source.url);
  }

  /** @param {boolean} _isSaving */
  saveData(_isSaving) {}

  /** @param {Source} source */
  follow(source) {
    this.source = source;
  }

  /**
   * @param {Seconds} _moment
   * @returns {number | null}
   */
  placeOf(_moment) {
    return null;
  }

  freeze() {
    clearTimeout(this.#timer);
  }

  remove() {
    this.freeze();
    this.hasFailed = true;
    this.element.remove();
  }

  /**
   * A frame loads an error page just as well; whether its host answers at all can be asked.
   * @param {string} url
   */
  async #ask(url) {
    try {
      await fetch(new URL("/", url), { mode: "no-cors", credentials: "omit", cache: "no-store" });
    } catch {
      this.#fail("unreachable");
      return;
    }
    if (!this.hasFailed) {
      clearTimeout(this.#timer);
      this.#events.onReady();
    }
  }

  /** @param {string} why */
  #fail(why) {
    if (!this.hasFailed) {
      this.hasFailed = true;
      this.freeze();
      this.#events.onFailed(why);
    }
  }
}
