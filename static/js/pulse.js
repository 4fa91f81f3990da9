// The small request that a page makes again and again while somebody watches. Its answer says whether
// to go on: another device may have taken the place, or the ticket is no longer valid.

import { now } from "./clock.js";
import { me, postOnce } from "./me.js";
import { refusalIn } from "./playback.js";

const PULSE_SECONDS = 30;

export class Pulse {
  #urls;
  #what;
  #onRefused;
  #dueAt = Infinity;

  /**
   * @param {{ pulse: string, leave: string }} urls
   * @param {{ room: string } | { replay: string }} what
   * @param {(code: string) => void} onRefused
   */
  constructor(urls, what, onRefused) {
    this.#urls = urls;
    this.#what = what;
    this.#onRefused = onRefused;
  }

  /** Somebody has begun to watch, or goes on. */
  start() {
    this.#dueAt = Math.min(this.#dueAt, now() + PULSE_SECONDS);
  }

  stop() {
    this.#dueAt = Infinity;
  }

  /** Call it again and again: asks when it is time to. */
  async keep() {
    if (now() < this.#dueAt) {
      return;
    }
    this.#dueAt = now() + PULSE_SECONDS;
    const code = await this.#ask(this.#what);
    if (code) {
      this.#onRefused(code);
    }
  }

  /** The place of another device of the same person becomes ours. Answers the code of a refusal, or null. */
  takeOver() {
    return this.#ask({ ...this.#what, instead: "1" });
  }

  /** Give the place up while the page goes away, which leaves no time to wait for anything. */
  async leave() {
    const { csrf_token: token } = await me();
    navigator.sendBeacon(this.#urls.leave, new URLSearchParams({ csrfmiddlewaretoken: token }));
  }

  /**
   * The code of a refusal, or null: go on, also while the server cannot say.
   * @param {Record<string, string>} fields
   */
  async #ask(fields) {
    try {
      for (const again of [false, true]) {
        const response = await postOnce(this.#urls.pulse, fields, await me({ again }));
        const refusal = await refusalIn(response);
        if (refusal || response.status !== 403) {
          return refusal;
        }
      }
    } catch {
      // Nobody is locked out because a network broke.
    }
    return null;
  }
}
