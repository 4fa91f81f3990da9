// Shows one of a room's sources, and goes on with the next when it fails. What comes next is made
// ready behind what is seen, so that the last picture stays until there is another.

import { FramePicture } from "./frame_picture.js";
import { VideoPicture } from "./video_picture.js";

const PICTURES = { video: VideoPicture, iframe: FramePicture };
// A source that has played so long has not failed when it fails again.
const STEADY_MS = 10_000;

/**
 * `screen` is the element to fill. Of replays also `onEnded()`: it is through. Events, as functions: `onOpen(source)` another picture is seen;
 * `onMuted(isMuted)` the browser allows no sound, or there is sound again; `onTrouble(source, why)`
 * a source has failed; `onFailed(why, wasSteady)` all have, the last picture stays; `onWeak()` the
 * connection is too weak for the picture; `onLevels()` the qualities are known; `onOver()` a
 * recording that all see in step is over, and nothing follows; `onPulledBack()` a viewer wanted to
 * another second of it.
 */
export class Player {
  #screen;
  #options;
  #events;
  #sources = [];
  #seen = null;
  #coming = null;
  #failed = new Set();
  #openedAt = 0;
  #wantsMuted = false;
  isSaving = false;

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

  /** The first of `sources` that plays. */
  play(sources) {
    this.#sources = [...sources];
    this.#failed.clear();
    this.#openNext("none");
  }

  /** The same sources with new rights: what plays goes on under the new address. */
  renew(sources) {
    this.#sources = [...sources];
    const again = sources.find((source) => source.tag === this.source?.tag);
    if (again && this.video && again.url !== this.source.url) {
      this.#open(again);
    } else if (again && this.video) {
      this.#seen.follow(again);
    }
  }

  stop() {
    this.#coming?.remove();
    this.#seen?.remove();
    this.#coming = null;
    this.#seen = null;
    this.#screen.hidden = true;
  }

  #openNext(why) {
    const source = this.#sources.find(({ tag }) => !this.#failed.has(tag));
    if (source) {
      this.#open(source);
    } else {
      const wasSteady = this.#openedAt > 0 && performance.now() - this.#openedAt > STEADY_MS;
      this.#openedAt = 0;
      this.#events.onFailed(why, wasSteady);
    }
  }

  #open(source) {
    this.#coming?.remove();
    const options = {
      ...this.#options,
      isSaving: this.isSaving,
      isMuted: this.#seen !== null || this.#wantsMuted,
    };
    const picture = new PICTURES[source.player](source, options, {
      onReady: () => this.#show(picture),
      onFailed: (why) => this.#onFailure(picture, why),
      onWeak: () => this.#events.onWeak(),
      onLevels: () => this.#events.onLevels(),
      onEnded: () => this.#events.onEnded?.(),
      onOver: () => this.#onOver(picture),
      onPulledBack: () => picture === this.#seen && this.#events.onPulledBack(),
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

  #show(picture) {
    if (picture !== this.#coming) {
      return;
    }
    const before = this.#seen;
    const video = before?.element instanceof HTMLVideoElement ? before.element : null;
    const isPaused = video?.paused && !video.ended;
    this.#coming = null;
    this.#seen = picture;
    this.#openedAt = performance.now();
    picture.element.classList.remove("coming");
    if (picture.element instanceof HTMLVideoElement) {
      if (video) {
        picture.element.volume = video.volume;
        picture.element.muted = video.muted;
      }
      if (isPaused) {
        picture.element.pause();
      } else {
        // Again: what was told to play before it had an address may have forgotten it.
        this.#start(picture.element);
      }
    }
    before?.remove();
    this.#events.onOpen(picture.source);
  }

  #onFailure(picture, why) {
    if (picture !== this.#coming && picture !== this.#seen) {
      return;
    }
    if (picture === this.#seen && performance.now() - this.#openedAt > STEADY_MS) {
      this.#failed.clear();
    }
    this.#failed.add(picture.source.tag);
    if (picture === this.#coming) {
      picture.remove();
      this.#coming = null;
      this.#screen.hidden = this.#seen === null;
    } else if (this.#coming) {
      return; // the next is on its way already
    }
    this.#events.onTrouble(picture.source, why);
    this.#openNext(why);
  }

  /** A recording has come to its end, for everybody: what is live follows. That is no failure. */
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
      this.#events.onOver();
    }
  }

  #listenTo(video) {
    video.volume = Number(localStorage.getItem("volume") ?? 1);
    video.addEventListener("volumechange", () => {
      if (video !== this.video) {
        return;
      }
      localStorage.setItem("volume", video.volume);
      if (!video.muted) {
        localStorage.setItem("muted", "no");
        this.#events.onMuted(false);
      } else if (navigator.userActivation?.isActive) {
        localStorage.setItem("muted", "yes");
      }
    });
  }

  /** With sound where the browser allows it, else muted. */
  async #start(video) {
    try {
      await video.play();
    } catch (error) {
      if (error.name === "NotAllowedError") {
        video.muted = true;
        this.#events.onMuted(true);
        await video.play().catch(() => {});
      }
    }
  }
}
