// The player of a room. Asks where the wanted stream is, plays it, renews its rights before they end,
// and asks again when all of its sources have failed.

import { now } from "./clock.js";
import { Controls } from "./controls.js";
import { byId, data } from "./elements.js";
import { showSlate } from "./panels.js";
import { askPlayback, report } from "./playback.js";
import { Player } from "./player.js";

/** @import { StatusLine } from "./status_line.js" */

const RETRY_AT_MOST_SECONDS = 15;
// Rights are renewed so long before they end, not by everybody in the same second.
const RENEW_SECONDS = 60;

/**
 * @typedef {object} RoomPlayerOptions
 * @property {boolean} isReported the organizers hear of sources that fail
 * @property {() => void} onPlaying somebody watches from now on, or goes on
 * @property {() => void} onChange another picture is seen, or none any more, or there is trouble
 * @property {(code: string) => void} onRefused
 */

export class RoomPlayer {
  #box;
  #status;
  #options;
  #player;
  #controls;
  /**
   * Of what is on: a stream or a slate.
   * @type {string | null}
   */
  #tag = null;
  #slate = "";
  #isAsking = false;
  #askAt = 0;
  #renewAt = Infinity;
  #failures = 0;
  #hadTrouble = false;
  #isWaiting = false;

  /**
   * @param {HTMLElement} box
   * @param {StatusLine} status
   * @param {RoomPlayerOptions} options
   */
  constructor(box, status, options) {
    this.#box = box;
    this.#status = status;
    this.#options = options;
    this.#player = this.#makePlayer();
    this.#controls = new Controls(byId("controls", HTMLElement), this.#player, (sources) =>
      this.#player.play(sources),
    );
    byId("sound", HTMLElement).addEventListener("click", () => this.#player.unmute());
  }

  /** The tag of what is on, or null. */
  get tag() {
    return this.#tag;
  }

  get slate() {
    return this.#slate;
  }

  get hasFailed() {
    return this.#failures > 0;
  }

  /** Whether the stream has ended, and is looked for again and again. */
  get isWaiting() {
    return this.#isWaiting;
  }

  get isOpen() {
    return this.#player.isOpen;
  }

  get hasPicture() {
    return this.#player.hasPicture;
  }

  /** Whether a recording plays that everybody sees in step. */
  get isInStep() {
    return Boolean(this.#player.source?.begins);
  }

  get video() {
    return this.#player.video;
  }

  /**
   * The next question comes so soon, and not from every open page at once.
   * @param {number} seconds
   */
  askWithin(seconds) {
    this.#askAt = now() + seconds * Math.random();
  }

  /**
   * What should play now. Call it again and again.
   * @param {string} wanted a tag
   */
  async play(wanted) {
    const isUpToDate = wanted === this.#tag && now() < this.#renewAt;
    if (isUpToDate || this.#isAsking || now() < this.#askAt) {
      return;
    }
    this.#isAsking = true;
    try {
      this.#take(await askPlayback(data(this.#box, "playback")));
    } catch {
      this.#failures += 1;
    } finally {
      this.#isAsking = false;
      // Also the pause until /live.json and the answer say the same.
      const pause = 2 + Math.random() * this.#retrySeconds;
      this.#askAt = Math.max(this.#askAt, now() + pause);
    }
  }

  /** Nothing should play any more. Answers whether something did until now. */
  end() {
    const wasOn = this.#tag !== null;
    if (wasOn) {
      this.#stop();
    }
    this.#failures = 0;
    return wasOn;
  }

  /** Nothing may play any more, and so there is nothing to choose. */
  close() {
    this.#stop();
    this.#controls.hide();
  }

  #stop() {
    this.#player.stop();
    this.#isWaiting = false;
    this.#tag = null;
    this.#slate = "";
    this.#renewAt = Infinity;
  }

  get #retrySeconds() {
    return Math.min(2 ** this.#failures, RETRY_AT_MOST_SECONDS);
  }

  /** @param {Playback | Refused} answer */
  #take(answer) {
    if (answer.refusal !== undefined) {
      this.#options.onRefused(answer.refusal);
      return;
    }
    const { tag = null, slate = "" } = answer;
    const sources = this.#controls.take(answer);
    // What is wanted plays already: the same as before, or a talk was moved, or has its turn.
    const isSame =
      this.isOpen && (tag === this.#tag || sources[0]?.tag === this.#player.source?.tag);
    if (this.#tag !== null && tag !== this.#tag && !isSame) {
      this.#status.say("switched", { isNews: true });
    }
    this.#tag = tag;
    this.#slate = slate;
    showSlate(slate);
    this.#renewAt = renewalOf(sources);
    if (sources.length === 0) {
      this.#player.stop();
      this.#isWaiting = false;
      this.#options.onChange();
      return;
    }
    this.#options.onPlaying();
    if (isSame) {
      this.#player.renew(sources);
    } else {
      this.#player.play(sources);
    }
  }

  #makePlayer() {
    const options = {
      hls: data(this.#box, "hls"),
      worker: data(this.#box, "hlsWorker"),
      title: data(this.#box, "title"),
    };
    return new Player(byId("screen", HTMLElement), options, {
      onOpen: () => this.#onOpen(),
      onMuted: (isMuted) => this.#onMuted(isMuted),
      onTrouble: (source, why) => this.#onTrouble(source, why),
      onFailed: (why, wasSteady) => this.#onFailed(why, wasSteady),
      onWaiting: () => this.#onWaiting(),
      onWeak: () => this.#controls.offerLess(),
      onLevels: () => this.#controls.show(),
      onOver: () => {
        this.#player.stop();
        this.#status.say("recording-over", { isNews: true });
        this.#options.onChange();
      },
      onPulledBack: () => this.#status.say("in-step", { isNews: true }),
    });
  }

  #onOpen() {
    if (this.#failures > 0 || this.#isWaiting) {
      this.#status.say(null);
    } else if (this.#hadTrouble) {
      this.#status.say("backup", { isNews: true });
    }
    this.#hadTrouble = false;
    this.#isWaiting = false;
    this.#controls.show();
    this.#options.onChange();
  }

  /** @param {boolean} isMuted */
  #onMuted(isMuted) {
    byId("sound", HTMLElement).hidden = !isMuted;
    if (isMuted) {
      this.#status.say("muted", { isNews: true });
    } else if (this.#status.says("muted")) {
      this.#status.say(null);
    }
  }

  /**
   * @param {Source} source
   * @param {string} why
   */
  #onTrouble(source, why) {
    this.#hadTrouble = true;
    if (this.#options.isReported) {
      report(data(this.#box, "report"), { room: data(this.#box, "room"), tag: source.tag, why });
    }
  }

  #onWaiting() {
    this.#isWaiting = true;
    this.#status.say("waiting");
    this.#options.onChange();
  }

  /**
   * @param {string} why
   * @param {boolean} wasSteady
   */
  #onFailed(why, wasSteady) {
    this.#isWaiting = false;
    this.#failures = wasSteady ? 1 : this.#failures + 1;
    this.#tag = null;
    // Whose right has ended gets a new one, or learns why not.
    const isRefused = why === "refused" && this.#failures === 1;
    this.askWithin(isRefused ? 1 : this.#retrySeconds);
    this.#status.say("trouble");
    this.#options.onChange();
  }
}

/**
 * When to ask for new rights, so that nothing that plays is cut off.
 * @param {Source[]} sources
 */
export function renewalOf(sources) {
  const ends = sources
    .filter(({ player }) => player === "video")
    .map(({ expires }) => expires ?? Infinity);
  return Math.min(...ends) - RENEW_SECONDS * (1 + Math.random());
}
