// A room as its open page shows it. Follows /live.json, works out what state the room has by the
// clock, and starts, switches and ends by itself.

import { now } from "./clock.js";
import { byId, data } from "./elements.js";
import { follow } from "./follow.js";
import { keepFresh } from "./fragment.js";
import { panelOf, showBadge, showCountdown, showPanel } from "./panels.js";
import { Pulse } from "./pulse.js";
import { hideRefusal, showRefusal } from "./refusal.js";
import { RoomPlayer } from "./room_player.js";
import { paintStars } from "./stars.js";
import { dayOf, liveTalk, nextTalk, stateOf } from "./state.js";
import { StatusLine } from "./status_line.js";
import { asClock, fillTimes, inWords } from "./times.js";
import { showViewers } from "./viewers.js";
import { offerZone } from "./zone.js";

// Speakers go on for a while; nobody is cut off in the middle of a sentence.
const OVERRUN_SECONDS = 300;
// When the start of a talk is said aloud.
const MARKS_MINUTES = [10, 5, 1];

export class Room {
  #box = byId("player", HTMLElement);
  #status = new StatusLine(byId("status", HTMLElement), byId("words", HTMLTemplateElement));
  // As its crew sees it, whatever the programme says.
  #isCheck = this.#box.dataset.check !== undefined;
  #pulse;
  #player;
  #refresh;
  /** @type {LiveBody | null} */
  #body = null;
  /** @type {RoomState | null} */
  #state = null;
  /**
   * The talk that was on last while this page was open.
   * @type {TalkEntry | null}
   */
  #last = null;
  /**
   * Why this person may not watch: the code of a refusal.
   * @type {string | null}
   */
  #refusal = null;
  #isOffline = false;

  constructor() {
    const urls = { pulse: data(this.#box, "pulse"), leave: data(this.#box, "leave") };
    this.#pulse = new Pulse(urls, { room: data(this.#box, "room") }, (code) => this.#refuse(code));
    this.#player = new RoomPlayer(this.#box, this.#status, {
      // What does not play for staff alone is no trouble for anybody.
      isReported: !this.#isCheck && document.getElementById("as-of") === null,
      onPlaying: () => this.#pulse.start(),
      onChange: () => this.#showPanel(),
      onRefused: (code) => this.#refuse(code),
    });
    this.#refresh = keepFresh(["programme", "on-now", "panels", "about"], {
      onFresh: () => {
        this.#showPanel();
        fillTimes();
        offerZone();
        paintStars();
      },
      onRefused: () => {
        // While something plays, the pulse decides.
        if (!this.#player.isOpen && this.#refusal === null) {
          location.reload();
        }
      },
    });
  }

  follow() {
    follow(
      data(this.#box, "live"),
      (body) => this.#take(body),
      () => this.#player.isOpen,
      (since) => {
        this.#isOffline = true;
        this.#status.say("offline", { time: asClock(since) });
      },
    );
    setInterval(() => this.#tick(), 1000);
  }

  /** The video that is seen, or null: of somebody else's player there is none. */
  get video() {
    return this.#player.video;
  }

  keepPlace() {
    if (!this.#isCheck) {
      this.#pulse.keep();
    }
  }

  leave() {
    if (this.#player.tag !== null || this.#refusal === "too_many_places") {
      this.#pulse.leave().catch(() => {});
    }
  }

  /** The place of another device of the same person becomes ours. */
  async watchHere() {
    const code = await this.#pulse.takeOver();
    if (code) {
      this.#refuse(code);
      return;
    }
    this.#refusal = null;
    this.#player.askWithin(0);
    hideRefusal();
    this.#status.say(null);
    this.#box.focus();
    this.#tick();
    this.#showPanel();
  }

  /** @param {LiveBody} body */
  #take(body) {
    this.#body = body;
    showViewers(body);
    if (this.#isOffline) {
      this.#isOffline = false;
      this.#status.say(null);
    }
    this.#tick();
  }

  get #entry() {
    return this.#body?.rooms.find(({ slug }) => slug === this.#box.dataset.room);
  }

  #tick() {
    const [body, entry] = [this.#body, this.#entry];
    if (!body || !entry) {
      return;
    }
    const at = now();
    const programme = byId("programme", HTMLElement);
    const hour = Number(data(programme, "dayStarts"));
    const today = dayOf(at, data(programme, "zone"), hour, data(programme, "firstDay"));
    const state = stateOf(entry, at, today);
    this.#last = (state === "live" && liveTalk(entry, at)) || this.#last;
    if (state !== this.#state) {
      this.#enter(state);
    }
    this.#countDown(nextTalk(entry, at), at);
    this.#play();
    this.keepPlace();
    this.#reloadForHosts(body.hosts);
    this.#refresh(body);
  }

  /** @param {RoomState} state */
  #enter(state) {
    const before = this.#state;
    this.#state = state;
    showBadge(state);
    this.#showPanel();
    if (before === null) {
      return;
    }
    if (state === "live") {
      // Every open page is here in this second.
      this.#player.askWithin(2);
      this.#status.say("started", { isNews: true });
    } else if (before === "live") {
      const isOpen = this.#player.isOpen;
      this.#status.say(isOpen ? "overrun" : "over", { isNews: !isOpen });
    }
  }

  /**
   * @param {TalkEntry | undefined} next
   * @param {number} at
   */
  #countDown(next, at) {
    const left = next ? next.starts - at : 0;
    showCountdown(left);
    const isMark = MARKS_MINUTES.some((minutes) => Math.ceil(left) === minutes * 60);
    if (isMark && this.#state !== "live") {
      this.#status.say("starts", { time: inWords(left), isNews: true });
    }
  }

  /** The tag of the stream that should play now, or null. */
  get #wanted() {
    const stream = this.#entry?.stream;
    if (this.#refusal !== null || !stream) {
      return null;
    }
    const after = now() - (this.#last?.ends ?? Infinity);
    const overruns = this.#player.hasPicture && after >= 0 && after < OVERRUN_SECONDS;
    if (overruns && this.#state !== "live" && this.#player.isInStep) {
      // The rest of a recording; then its own list of sources says what follows.
      return this.#player.tag;
    }
    return this.#state === "live" || overruns || this.#isCheck ? stream : null;
  }

  #play() {
    const wanted = this.#wanted;
    if (wanted !== null) {
      this.#player.play(wanted);
      return;
    }
    if (this.#player.end()) {
      this.#pulse.stop();
      this.#status.say(this.#state === "live" ? null : "over", { isNews: true });
    }
    this.#showPanel();
  }

  #showPanel() {
    const { slate, hasFailed, isWaiting, hasPicture } = this.#player;
    const isWanted = this.#wanted !== null;
    const isRefused = this.#refusal !== null;
    const state = this.#state;
    showPanel(panelOf({ state, slate, isWanted, hasFailed, isWaiting, hasPicture, isRefused }));
    if (!hasPicture) {
      byId("sound", HTMLElement).hidden = true;
    }
  }

  /** @param {string} code */
  #refuse(code) {
    this.#refusal = code;
    const hadFocus = this.#box.contains(document.activeElement);
    this.#player.close();
    this.#pulse.stop();
    const reason = showRefusal(code);
    this.#showPanel();
    if (hadFocus) {
      byId("refusal", HTMLElement).focus();
    }
    this.#status.say("refused", { reason });
  }

  /**
   * This page may not load from a host that was added since. Never while something plays.
   * @param {string} hosts
   */
  #reloadForHosts(hosts) {
    const isKnown = hosts === this.#box.dataset.hosts;
    if (isKnown || this.#state === "live" || this.#player.isOpen) {
      return;
    }
    if (sessionStorage.getItem("hosts") !== hosts) {
      sessionStorage.setItem("hosts", hosts);
      location.reload();
    }
  }
}
