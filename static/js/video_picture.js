// One HLS source in one video element, by hls.js, which does not heal itself after most outages and
// asks 200 times a second for a segment that is gone. So this looks for itself, and says that it has
// failed while there is still something in the buffer.

import { now } from "./clock.js";
import { LOAD_POLICIES } from "./hls_loads.js";
import { InStep } from "./in_step.js";

const FRAGMENT_ERRORS = 3;
// A live playlist moves on once in a target duration. It is frozen after so many, and not before
// so many seconds; what is in the buffer lasts about three.
const FROZEN_TARGETS = 2.5;
const FROZEN_SECONDS = 5;
const STUCK_SECONDS = 8;
const READY_SECONDS = 8;
const CHECK_MS = 500;
// So often in a minute the connection is too weak for the picture.
const STALLS = 3;
const STALLS_MS = 60_000;
const REFUSED = [401, 403, 410];
// Where many servers answer for one address, one of them may be a segment or two behind another.
const BACK_AT_MOST = 3;

/** @import { PlayerOptions } from "./player.js" */

/**
 * A quality that can be chosen.
 * @typedef {{ index: number, height: number, bitrate: number }} Level
 */

/**
 * @typedef {object} PictureEvents
 * @property {() => void} onReady there is a picture
 * @property {() => void} onLive it is a stream that goes on
 * @property {(why: string) => void} onFailed once; the last picture stays
 * @property {() => void} onWeak it stalls again and again
 * @property {() => void} onLevels the qualities are known
 * @property {() => void} onEnded a replay is through
 * @property {() => void} onOver a recording that is played in step has ended
 * @property {() => void} onPulledBack the viewer wanted to another second of it
 */

export class VideoPicture {
  element;
  source;
  hasFailed = false;
  /** @type {Hls | null} */
  #hls = null;
  #events;
  #mustMove;
  #timer;
  #opened = performance.now();
  #isReady = false;
  #wasLive = false;
  #target = 2;
  /** @type {number | null} */
  #lastNumber = null;
  #movedAt = Infinity;
  #time = 0;
  #timeMovedAt = performance.now();
  #fragmentErrors = 0;
  #hasRecovered = false;
  #window = { start: 0, edge: 0, at: 0 };
  /** @type {InStep | null} */
  #step = null;
  /**
   * When the picture stalled in the last minute.
   * @type {number[]}
   */
  #stalls = [];

  /**
   * A source with `start` is a replay that begins at that second, or, while its recording goes on, at
   * the moment `began`. `mustMove`: it was live on this page, or has ended on it, so it is no
   * recording, whatever its playlist says.
   * @param {Source} source
   * @param {PlayerOptions & { isMuted: boolean, isSaving: boolean, mustMove: boolean }} options
   * @param {PictureEvents} events
   */
  constructor(source, { title, isMuted, hls, worker, isSaving, mustMove }, events) {
    this.source = source;
    this.#events = events;
    this.#mustMove = mustMove;
    this.element = this.#makeVideo(title, isMuted);
    if (source.begins) {
      this.#step = new InStep(this.element, source.begins, () => events.onPulledBack());
    }
    this.#load(hls, worker, isSaving);
    this.#timer = setInterval(() => this.#check(), CHECK_MS);
  }

  /**
   * Worst first.
   * @returns {Level[]}
   */
  get levels() {
    return (this.#hls?.levels ?? []).map(({ height, bitrate }, index) => ({
      index,
      height,
      bitrate,
    }));
  }

  /** @param {number} index -1: as the connection allows */
  set level(index) {
    if (this.#hls) {
      this.#hls.nextLevel = index;
    }
  }

  /** @param {boolean} isSaving */
  saveData(isSaving) {
    if (this.#hls) {
      this.#hls.autoLevelCapping = isSaving ? 0 : -1;
    }
  }

  /** Seconds behind the newest that there is; 0 where that is unknown. */
  get behind() {
    return this.#wasLive ? (this.#hls?.latency ?? 0) : 0;
  }

  /**
   * What it shows has another address or other times, and goes on.
   * @param {Source} source
   */
  follow(source) {
    this.source = source;
    // One that begins no more is over.
    this.#step?.follow(source.begins ?? 0);
  }

  /** The last picture stays, and nothing more is asked for. */
  freeze() {
    clearInterval(this.#timer);
    this.#hls?.stopLoad();
  }

  remove() {
    this.freeze();
    this.hasFailed = true;
    this.#hls?.destroy();
    this.#hls = null;
    this.element.remove();
  }

  /**
   * @param {string} title
   * @param {boolean} isMuted
   */
  #makeVideo(title, isMuted) {
    const video = document.createElement("video");
    video.controls = true;
    video.playsInline = true;
    video.muted = isMuted;
    video.setAttribute("aria-label", title);
    video.addEventListener("loadeddata", () => this.#ready());
    video.addEventListener("ended", () => this.#ended());
    video.addEventListener("loadedmetadata", () => this.#goToStart(), { once: true });
    video.addEventListener("waiting", () => this.#stalled());
    if (this.source.captions) {
      const track = document.createElement("track");
      track.kind = "captions";
      track.src = this.source.captions;
      track.srclang = this.source.language || document.documentElement.lang;
      track.default = localStorage.getItem("captions") === "on";
      video.append(track);
    }
    return video;
  }

  /**
   * @param {string} path
   * @param {string} worker
   * @param {boolean} isSaving
   */
  async #load(path, worker, isSaving) {
    /** @type {HlsClass} */
    let Hls;
    try {
      ({ default: Hls } = await import(path));
    } catch {
      this.#fail("player");
      return;
    }
    if (this.hasFailed) {
      return;
    }
    if (Hls.isSupported()) {
      this.#attach(Hls, worker, isSaving);
    } else {
      // Phones without Media Source Extensions play HLS by themselves.
      this.element.addEventListener("error", () => this.#fail("media"));
      this.element.addEventListener("durationchange", () => this.#onDuration());
      this.element.src = this.source.url;
    }
  }

  /**
   * @param {HlsClass} Hls
   * @param {string} worker
   * @param {boolean} isSaving
   */
  #attach(Hls, worker, isSaving) {
    const hls = new Hls({
      workerPath: worker,
      capLevelToPlayerSize: true,
      // The lowest first: there is a picture at once, and it gets better.
      startLevel: 0,
      startPosition: this.#step?.second ?? this.#replaysFrom,
      // Who watches again is not hurried to what is on.
      maxLiveSyncPlaybackRate: this.#isReplay ? 1 : 1.05,
      ...LOAD_POLICIES,
    });
    this.#hls = hls;
    hls.on(Hls.Events.ERROR, (_event, error) => this.#onError(Hls, error));
    hls.on(Hls.Events.FRAG_BUFFERED, () => {
      this.#fragmentErrors = 0;
    });
    hls.on(Hls.Events.LEVEL_LOADED, (_event, { details }) => this.#onPlaylist(details));
    hls.on(Hls.Events.MANIFEST_PARSED, () => {
      this.saveData(isSaving);
      this.#events.onLevels();
    });
    hls.loadSource(this.source.url);
  }

  /**
   * @param {HlsClass} Hls
   * @param {HlsError} error
   */
  #onError(Hls, error) {
    if (REFUSED.includes(error.response?.code ?? 0)) {
      this.#fail("refused");
    } else if (error.details === Hls.ErrorDetails.FRAG_LOAD_ERROR) {
      this.#fragmentErrors += 1;
      if (error.fatal || this.#fragmentErrors >= FRAGMENT_ERRORS) {
        this.#fail("segments");
      }
    } else if (error.fatal && error.type === Hls.ErrorTypes.MEDIA_ERROR && !this.#hasRecovered) {
      this.#hasRecovered = true;
      this.#hls?.recoverMediaError();
    } else if (error.fatal) {
      this.#fail(error.type === Hls.ErrorTypes.MEDIA_ERROR ? "media" : "playlist");
    }
  }

  /** @param {HlsPlaylist} details */
  #onPlaylist(details) {
    this.#target = details.targetduration;
    const hasBegunAnew = details.endSN + BACK_AT_MOST < (this.#lastNumber ?? 0);
    if (hasBegunAnew || this.#hasEnded(details.live, details.type === "VOD")) {
      this.#fail("ended");
      return;
    }
    if (this.#hls?.media === null) {
      // No segment was asked for until now, when it is known that they are worth showing.
      this.#hls.attachMedia(this.element);
    }
    this.#window = { start: details.fragmentStart, edge: details.edge, at: now() };
    if (this.#step && !details.live && this.#step.second >= details.totalduration) {
      this.#over();
      return;
    }
    if (details.endSN !== this.#lastNumber) {
      this.#lastNumber = details.endSN;
      this.#movedAt = performance.now();
    }
  }

  /** What a phone plays by itself tells only this of its playlist. */
  #onDuration() {
    const { duration } = this.element;
    if (duration > 0 && this.#hasEnded(duration === Infinity, true)) {
      this.#fail("ended");
    }
  }

  /**
   * Whether it is a stream whose encoder has hung up: what is left of it is not worth showing. A
   * recording ends as well, and that is as it should be.
   * @param {boolean} isLive
   * @param {boolean} saysRecording what its playlist says of itself
   */
  #hasEnded(isLive, saysRecording) {
    const wasLive = this.#wasLive;
    this.#wasLive = isLive;
    if (isLive) {
      if (!wasLive) {
        this.#events.onLive();
      }
      return false;
    }
    const { begins, is_recording: isRecording } = this.source;
    // One that everybody sees in step, or watches again, does not begin anew by itself.
    this.element.loop = isRecording && !begins && !this.#isReplay;
    if (wasLive) {
      return true;
    }
    const isMeantToEnd = this.#isReplay || begins || isRecording;
    return !isMeantToEnd && (this.#mustMove || !saysRecording);
  }

  get #isReplay() {
    return this.source.start !== undefined;
  }

  /** For hls.js; -1: as it likes. */
  get #replaysFrom() {
    return this.source.began ? -1 : (this.source.start ?? -1);
  }

  /**
   * Where in what still goes on that moment is, as far back as it goes; null: it is through.
   * @param {Seconds} moment
   */
  placeOf(moment) {
    const { start, edge, at } = this.#window;
    return this.#wasLive ? Math.max(start, edge - (at - moment)) : null;
  }

  /** hls.js has begun there, but in what still goes on only the clock tells where that is. */
  #goToStart() {
    const { began, start } = this.source;
    const place = began ? this.placeOf(began) : null;
    if (place !== null) {
      this.element.currentTime = place;
    } else if (this.#hls === null && start !== undefined) {
      this.element.currentTime = start;
    }
  }

  #ended() {
    if (this.#isReplay && !this.#wasLive) {
      this.#events.onEnded();
    } else if (this.#step) {
      this.#over();
    } else {
      this.#fail("ended");
    }
  }

  #check() {
    const at = performance.now();
    const video = this.element;
    if (this.#step?.isOver) {
      this.#over();
      return;
    }
    this.#step?.keep();
    if (video.currentTime !== this.#time || video.paused || !this.#isReady) {
      this.#time = video.currentTime;
      this.#timeMovedAt = at;
    }
    const isFrozen = Math.max(FROZEN_TARGETS * this.#target, FROZEN_SECONDS);
    if (!this.#isReady && at - this.#opened > 1000 * READY_SECONDS) {
      this.#fail("silent");
    } else if (this.#wasLive && at - this.#movedAt > 1000 * isFrozen) {
      this.#fail("frozen");
    } else if (at - this.#timeMovedAt > 1000 * STUCK_SECONDS) {
      this.#fail("stuck");
    }
  }

  #ready() {
    if (!this.#isReady && !this.hasFailed) {
      this.#isReady = true;
      this.#events.onReady();
    }
  }

  #stalled() {
    const at = performance.now();
    this.#stalls = [...this.#stalls.filter((stall) => at - stall < STALLS_MS), at];
    if (this.#isReady && this.#stalls.length >= STALLS) {
      this.#stalls = [];
      this.#events.onWeak();
    }
  }

  #over() {
    if (!this.hasFailed) {
      this.hasFailed = true;
      this.freeze();
      this.#events.onOver();
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
