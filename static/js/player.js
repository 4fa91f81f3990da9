// Shows one stream: HLS in a video element by hls.js, everything else in a frame.

const FRAME_RIGHTS = "autoplay; picture-in-picture; encrypted-media";
// A source that has played so long has not failed when it fails again.
const STEADY_SECONDS = 10;

/**
 * `screen` is the element to fill. Events, as functions: `onOpen` there is a picture;
 * `onMuted(isMuted)` the browser allows no sound, or there is sound again; `onFailed(wasSteady)` every
 * source has failed, the screen is empty.
 */
export class Player {
  #screen;
  #options;
  #events;
  #sources = [];
  #hls = null;
  // When the picture came, by performance.now(); null: there is none.
  #openedAt = null;
  // Raised with each change, so that a late answer to an earlier one is dropped.
  #turn = 0;

  constructor(screen, options, events) {
    this.#screen = screen;
    this.#options = options;
    this.#events = events;
  }

  get isOpen() {
    return this.#openedAt !== null;
  }

  get video() {
    return this.#screen.querySelector("video");
  }

  /** The first of `sources` that plays. */
  play(sources) {
    this.#sources = [...sources];
    this.#openNext();
  }

  stop() {
    this.#turn += 1;
    this.#hls?.destroy();
    this.#hls = null;
    this.#openedAt = null;
    this.#screen.replaceChildren();
    this.#screen.hidden = true;
  }

  #openNext() {
    const wasSteady = this.isOpen && performance.now() - this.#openedAt > 1000 * STEADY_SECONDS;
    this.stop();
    const source = this.#sources.shift();
    if (!source) {
      this.#events.onFailed(wasSteady);
      return;
    }
    if (source.player === "iframe") {
      this.#mount(this.#frame(source.url));
      this.#opened();
    } else {
      this.#openVideo(source.url);
    }
  }

  #mount(element) {
    this.#screen.replaceChildren(element);
    this.#screen.hidden = false;
  }

  #opened() {
    this.#openedAt = performance.now();
    this.#events.onOpen();
  }

  #frame(url) {
    const frame = document.createElement("iframe");
    frame.title = this.#options.title;
    frame.allow = FRAME_RIGHTS;
    frame.allowFullscreen = true;
    frame.referrerPolicy = "strict-origin-when-cross-origin";
    frame.src = url;
    return frame;
  }

  async #openVideo(url) {
    const turn = this.#turn;
    const failed = () => {
      if (turn === this.#turn) {
        this.#openNext();
      }
    };
    const video = document.createElement("video");
    video.controls = true;
    video.playsInline = true;
    video.setAttribute("aria-label", this.#options.title);
    video.addEventListener("ended", failed);
    video.addEventListener("volumechange", () => {
      if (!video.muted) {
        this.#events.onMuted(false);
      }
    });
    video.addEventListener("loadedmetadata", () => this.#opened(), { once: true });
    this.#mount(video);
    let Hls;
    try {
      ({ default: Hls } = await import(this.#options.hls));
    } catch {
      failed();
      return;
    }
    if (turn !== this.#turn) {
      return;
    }
    if (Hls.isSupported()) {
      this.#attach(Hls, video, url, failed);
    } else {
      // Phones without Media Source Extensions play HLS by themselves.
      video.addEventListener("error", failed);
      video.src = url;
    }
    this.#start(video);
  }

  #attach(Hls, video, url, failed) {
    const hls = new Hls({ workerPath: this.#options.worker, capLevelToPlayerSize: true });
    let hasRecovered = false;
    hls.on(Hls.Events.ERROR, (_event, error) => {
      if (!error.fatal) {
        return;
      }
      if (error.type === Hls.ErrorTypes.MEDIA_ERROR && !hasRecovered) {
        hasRecovered = true;
        hls.recoverMediaError();
      } else {
        failed();
      }
    });
    // A recording begins again; a live stream that ends does not become one.
    hls.once(Hls.Events.LEVEL_LOADED, (_event, { details }) => {
      video.loop = !details.live;
    });
    hls.loadSource(url);
    hls.attachMedia(video);
    this.#hls = hls;
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
