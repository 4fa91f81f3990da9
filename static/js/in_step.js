// Keeps a recording at the second at which everybody is, by the server's clock: small differences by
// playing a little faster or slower, large ones by a jump. Nobody can seek away from it.

import { now } from "./clock.js";

const JUMP_SECONDS = 3;
// More than what decoders and buffers are off by themselves.
const PULL_BACK_SECONDS = 1;
const CLOSE_ENOUGH_SECONDS = 0.05;
// What ears do not notice, and how soon a second is made up for.
const MOST_RATE = 0.1;
const RATE_PER_SECOND = 0.2;

export class InStep {
  #video;
  #begins;
  #onPulledBack;

  /**
   * @param {HTMLVideoElement} video
   * @param {Seconds} begins when everybody sees the first second
   * @param {() => void} onPulledBack a viewer wanted elsewhere
   */
  constructor(video, begins, onPulledBack) {
    this.#video = video;
    this.#begins = begins;
    this.#onPulledBack = onPulledBack;
    video.addEventListener("seeking", () => this.#pullBack());
    video.addEventListener("play", () => this.jump());
    video.addEventListener("loadedmetadata", () => this.jump());
    video.addEventListener("loadeddata", () => this.jump());
  }

  /** The second that everybody sees now. */
  get second() {
    return Math.max(0, now() - this.#begins);
  }

  /** There is nothing more of it. */
  get isOver() {
    return this.second >= this.#video.duration;
  }

  /**
   * The talk was moved.
   * @param {Seconds} begins
   */
  follow(begins) {
    this.#begins = begins;
  }

  jump() {
    const isFarOff = Math.abs(this.second - this.#video.currentTime) > CLOSE_ENOUGH_SECONDS;
    if (this.#video.readyState > 0 && isFarOff && !this.isOver) {
      this.#video.currentTime = this.second;
    }
  }

  /** Call it again and again. Whoever has paused it gets in step by playing on. */
  keep() {
    const video = this.#video;
    if (video.paused || video.seeking || video.readyState === 0) {
      return;
    }
    const late = this.second - video.currentTime;
    if (Math.abs(late) > JUMP_SECONDS) {
      this.jump();
    }
    const isClose = Math.abs(late) < CLOSE_ENOUGH_SECONDS || Math.abs(late) > JUMP_SECONDS;
    const change = Math.min(MOST_RATE, Math.max(-MOST_RATE, late * RATE_PER_SECOND));
    video.playbackRate = isClose ? 1 : 1 + change;
  }

  #pullBack() {
    const off = Math.abs(this.second - this.#video.currentTime);
    if (off > PULL_BACK_SECONDS && !this.isOver) {
      this.jump();
      this.#onPulledBack();
    }
  }
}
