// Shows one of a room's sources, and goes on with the next when it fails. What comes next is made
// ready behind what is seen, so that the last picture stays until there is another.

import { FramePicture } from "./frame_picture.js";
import { VideoPicture } from "./video_picture.js";

/** @type {Record<string, typeof VideoPicture | typeof FramePicture>} */
const PICTURES = { video: VideoPicture, iframe: FramePicture };
// A source that has played so long has not failed when it fails again.
const STEADY_MS = 10_000;
// An encoder that hung up is looked for again so soon, and not by every open page at once.
const LOOK_AGAIN_MS = 2500;

/** @typedef {VideoPicture | FramePicture} Picture */

/**
 * @typedef {object} PlayerOptions
 * @property {string} hls where hls.js is
 * @property {string} worker and its worker
 * @property {string} title
 *
 * @typedef {object} PlayerEvents
 * @property {(source: Source) => void} [onOpen] another picture is seen
 * @property {(isMuted: boolean) => void} [onMuted] the browser allows no sound, or there is sound again
 * @property {(source: Source, why: string) => void} [onTrouble] a source has failed
 * @property {(why: string, wasSteady: boolean) => void} [onFailed] all have; the last picture stays
 * @property {() => void} [onWaiting] a stream has ended; the player looks again every few seconds
 * @property {() => void} [onWeak] the connection is too weak for the picture
 * @property {() => void} [onLevels] the qualities are known
 * @property {() => void} [onOver] a recording that all see in step is over, and nothing follows
 * @property {() => void} [onPulledBack] a viewer wanted to another second of it
 * @property {() => void} [onEnded] a replay is through
 */

export class Player {
  #screen;
  #options;
  #events;
  /** @type {Source[]} */
  #sources = [];
  /** @type {Picture | null} */
  #seen = null;
  /** @type {Picture | null} */
  #coming = null;
  /**
   * The tags of sources.
   * @type {Set<string>}
   */
  #failed = new Set();
  /**
   * The tags of those that were live on this page, or have ended on it: only what moves is shown of
   * them.
   * @type {Set<string>}
   */
  #live = new Set();
  #hasEnded = false;
  /** @type {number | undefined} */
  #lookTimer;
  #openedAt = 0;
  #wantsMuted = false;
  /**
   * What the browser starts only without sound.
   * @type {HTMLVideoElement | null}
   */
  #silenced = null;
  isSaving = false;

  /**
   * @param {HTMLElement} screen the element to fill
   * @param {PlayerOptions} options
   * @param {PlayerEvents} events
   */
  constructor(screen, options, events) {
    this.#screen = screen;
    this.#options = options;
    this.#events = events;
    this.#wantsMuted = localStorage.getItem("muted") === "yes";
  }

  /** Whether something plays, or would if nobody had paused it. */
  get isOpen() {
    return this.#seen !== null && (!this.#seen.hasFailed || this.#coming !== null);
  }

  /** Whether something is seen, be it the last picture of what has failed. */
  get hasPicture() {
    return this.#seen !== null;
  }

  get source() {
    return this.#seen?.source ?? null;
  }

  get picture() {
    return this.#seen;
  }

  get video() {
    const element = this.#seen?.element;
    return element instanceof HTMLVideoElement ? element : null;
  }

  /**
   * The first of them that plays.
   * @param {Source[]} sources
   */
  play(sources) {
    this.#sources = [...sources];
    this.#hasEnded = false;
    this.#openFirst("none");
  }

  /**
   * The same sources with new rights: what plays goes on under the new address.
   * @param {Source[]} sources
   */
  renew(sources) {
    this.#sources = [...sources];
    const again = sources.find(({ tag }) => tag === this.source?.tag);
    if (again && this.video && again.url !== this.source?.url) {
      this.#open(again);
    } else if (again && this.video) {
      this.#seen?.follow(again);
    }
  }

  /** With sound, which browsers allow to whoever has clicked. */
  unmute() {
    if (this.video) {
      this.video.muted = false;
      this.video.play();
      // The button that was pressed goes away, and with the focus here the keys of the player work.
      this.video.focus({ preventScroll: true });
    }
  }

  togglePictureInPicture() {
    if (document.pictureInPictureElement) {
      document.exitPictureInPicture();
    } else {
      this.video?.requestPictureInPicture().catch(() => {});
    }
  }

  stop() {
    clearTimeout(this.#lookTimer);
    this.#coming?.remove();
    this.#seen?.remove();
    this.#coming = null;
    this.#seen = null;
    this.#screen.hidden = true;
  }

  /** @param {string} why */
  #openFirst(why) {
    clearTimeout(this.#lookTimer);
    this.#failed.clear();
    this.#openNext(why);
  }

  /** @param {string} why the one before has failed */
  #openNext(why) {
    const source = this.#sources.find(({ tag }) => !this.#failed.has(tag));
    if (source) {
      this.#open(source);
    } else if (this.#hasEnded && why !== "refused") {
      // It may go on under the same address, and nobody but its server knows when.
      const pause = LOOK_AGAIN_MS * (1 + Math.random() / 2);
      this.#lookTimer = setTimeout(() => this.#openFirst(why), pause);
      this.#events.onWaiting?.();
    } else {
      const wasSteady = this.#openedAt > 0 && performance.now() - this.#openedAt > STEADY_MS;
      this.#openedAt = 0;
      this.#events.onFailed?.(why, wasSteady);
    }
  }

  /** @param {Source} source */
  #open(source) {
    clearTimeout(this.#lookTimer);
    this.#coming?.remove();
    const options = {
      ...this.#options,
      mustMove: this.#live.has(source.tag),
      isSaving: this.isSaving,
      isMuted: this.#seen !== null || this.#wantsMuted,
    };
    /** @type {Picture} */
    const picture = new PICTURES[source.player](source, options, {
      onReady: () => this.#show(picture),
      onLive: () => this.#live.add(source.tag),
      onFailed: (why) => this.#onFailure(picture, why),
      onWeak: () => this.#events.onWeak?.(),
      onLevels: () => this.#events.onLevels?.(),
      onEnded: () => this.#events.onEnded?.(),
      onOver: () => this.#onOver(picture),
      onPulledBack: () => picture === this.#seen && this.#events.onPulledBack?.(),
    });
    this.#coming = picture;
    picture.element.classList.add("coming");
    this.#screen.append(picture.element);
    this.#screen.hidden = false;
    if (picture.element instanceof HTMLVideoElement) {
      this.#listenTo(picture.element);
      this.#start(picture.element);
    }
  }

  /** @param {Picture} picture */
  #show(picture) {
    if (picture !== this.#coming) {
      return;
    }
    const [before, video] = [this.#seen, this.video];
    this.#coming = null;
    this.#seen = picture;
    this.#openedAt = performance.now();
    this.#hasEnded = false;
    picture.element.classList.remove("coming");
    if (picture.element instanceof HTMLVideoElement) {
      if (video) {
        picture.element.volume = video.volume;
        picture.element.muted = video.muted;
      }
      if (video?.paused && !video.ended) {
        picture.element.pause();
      } else {
        // Again: what was told to play before it had an address may have forgotten it.
        this.#start(picture.element);
      }
    }
    before?.remove();
    this.#events.onOpen?.(picture.source);
    if (picture.element === this.#silenced) {
      this.#events.onMuted?.(true);
    }
  }

  /**
   * @param {Picture} picture
   * @param {string} why
   */
  #onFailure(picture, why) {
    if (picture !== this.#coming && picture !== this.#seen) {
      return;
    }
    if (picture === this.#seen && performance.now() - this.#openedAt > STEADY_MS) {
      this.#failed.clear();
    }
    this.#failed.add(picture.source.tag);
    if (why === "ended" && mayGoOn(picture.source)) {
      this.#live.add(picture.source.tag);
      this.#hasEnded = true;
    }
    if (picture === this.#coming) {
      picture.remove();
      this.#coming = null;
      this.#screen.hidden = this.#seen === null;
    } else if (this.#coming) {
      return; // the next is on its way already
    }
    this.#events.onTrouble?.(picture.source, why);
    this.#openNext(why);
  }

  /**
   * A recording has come to its end, for everybody: what is live follows. That is no failure.
   * @param {Picture} picture
   */
  #onOver(picture) {
    if (picture !== this.#coming && picture !== this.#seen) {
      return;
    }
    this.#sources = this.#sources.filter(({ begins }) => !begins);
    if (picture === this.#coming) {
      picture.remove();
      this.#coming = null;
      this.#screen.hidden = this.#seen === null;
    }
    if (this.#sources.length > 0) {
      this.#openNext("over");
    } else {
      this.#events.onOver?.();
    }
  }

  /** @param {HTMLVideoElement} video */
  #listenTo(video) {
    video.volume = Number(localStorage.getItem("volume") ?? 1);
    video.addEventListener("volumechange", () => {
      if (video !== this.video) {
        return;
      }
      localStorage.setItem("volume", String(video.volume));
      if (!video.muted) {
        localStorage.setItem("muted", "no");
        this.#events.onMuted?.(false);
      } else if (navigator.userActivation?.isActive) {
        localStorage.setItem("muted", "yes");
      }
    });
  }

  /**
   * With sound where the browser allows it, else muted.
   * @param {HTMLVideoElement} video
   */
  async #start(video) {
    try {
      await video.play();
    } catch (error) {
      if (error instanceof DOMException && error.name === "NotAllowedError") {
        video.muted = true;
        this.#silenced = video;
        if (video === this.video) {
          this.#events.onMuted?.(true);
        }
        await video.play().catch(() => {});
      }
    }
  }
}

/**
 * Whether it can be live again once it has ended.
 * @param {Source} source
 */
function mayGoOn({ start, begins }) {
  return start === undefined && !begins;
}
