// What a viewer may choose below the picture: another source, the quality, less data. Choices are
// remembered: of sources by role and language, since the sources themselves change during the day.

const FAR_BEHIND_SECONDS = 15;

export class Controls {
  #box;
  #player;
  #onChoose;
  #names;
  #answer = { sources: [], choices: [] };
  #behindTimer;

  /** `onChoose(sources)` is called with the sources in the order that the viewer wants. */
  constructor(box, player, onChoose) {
    this.#box = box;
    this.#player = player;
    this.#onChoose = onChoose;
    const names = box.querySelector("template").content.querySelectorAll("[data-role]");
    this.#names = new Map([...names].map((name) => [name.dataset.role, name.textContent]));
    this.#find("saving").checked = this.#savesByDefault();
    player.isSaving = this.#find("saving").checked;
    this.#listen();
  }

  /** The sources of an answer in the order in which this viewer wants them. */
  take(answer) {
    const joins = answer.sources.filter((source) => source.player === "link");
    const join = this.#find("join");
    join.hidden = joins.length === 0;
    if (joins.length > 0) {
      join.href = joins[0].url;
      this.#box.hidden = false;
    }
    this.#answer = {
      sources: answer.sources.filter((source) => source.player !== "link"),
      choices: answer.choices.filter((source) => source.player !== "link"),
    };
    return this.#inOrder();
  }

  show() {
    this.#box.hidden = !this.#player.isOpen;
    this.#fillSources();
    this.#fillLevels();
    const video = this.#player.video;
    this.#find("picture-in-picture").hidden = !video || !document.pictureInPictureEnabled;
    this.#find("own-window").hidden = !this.#player.source?.is_gated;
    clearInterval(this.#behindTimer);
    this.#behindTimer = setInterval(() => this.#showBehind(), 1000);
  }

  hide() {
    clearInterval(this.#behindTimer);
    this.#box.hidden = true;
  }

  /** The picture stalls again and again: offer the sound alone, or the small picture. */
  offerLess() {
    this.#find("less").hidden = this.#lesser() === undefined;
  }

  #find(id) {
    return this.#box.querySelector(`#${id}`);
  }

  get #all() {
    return [...this.#answer.sources, ...this.#answer.choices];
  }

  #inOrder() {
    const wanted = JSON.parse(localStorage.getItem("choice") ?? "null");
    const chosen = this.#answer.choices.find(
      ({ role, language }) => role === wanted?.role && language === wanted?.language,
    );
    return chosen ? [chosen, ...this.#answer.sources] : this.#answer.sources;
  }

  #lesser() {
    const other = this.#answer.choices.filter(({ tag }) => tag !== this.#player.source?.tag);
    return other.find(({ role }) => role === "audio") ?? other.find(({ role }) => role === "low");
  }

  #choose(source) {
    const { role, language } = source;
    if (this.#answer.choices.includes(source)) {
      localStorage.setItem("choice", JSON.stringify({ role, language }));
    } else {
      localStorage.removeItem("choice");
    }
    this.#find("less").hidden = true;
    this.#onChoose([source, ...this.#answer.sources.filter((each) => each !== source)]);
  }

  #savesByDefault() {
    const saved = localStorage.getItem("saving");
    return saved === null ? navigator.connection?.saveData === true : saved === "yes";
  }

  #label({ role, language, label }) {
    if (label) {
      return label;
    }
    const name = this.#names.get(role);
    if (!language) {
      return name;
    }
    let inWords = language;
    try {
      inWords = new Intl.DisplayNames(document.documentElement.lang, { type: "language" }).of(
        language,
      );
    } catch {
      // Somebody typed what is no language; it stands as it is.
    }
    return role === "language" ? inWords : `${name} (${inWords})`;
  }

  #fillSources() {
    const select = this.#find("source");
    const options = this.#all.map((source) => new Option(this.#label(source), source.tag));
    select.replaceChildren(...options);
    select.value = this.#player.source?.tag ?? "";
    select.parentElement.hidden = options.length < 2;
  }

  #fillLevels() {
    const select = this.#find("quality");
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
        ...texts.map((text, index) => new Option(text, index)),
      );
      select.value = "-1";
    }
    select.parentElement.hidden = levels.length < 2;
  }

  #showBehind() {
    const behind = this.#player.isOpen ? this.#player.picture.behind : 0;
    this.#find("to-live").hidden = behind < FAR_BEHIND_SECONDS;
  }

  #listen() {
    this.#find("source").addEventListener("change", ({ target }) => {
      const source = this.#all.find(({ tag }) => tag === target.value);
      if (source) {
        this.#choose(source);
      }
    });
    this.#find("quality").addEventListener("change", ({ target }) => {
      this.#player.picture.level = Number(target.value);
    });
    this.#find("saving").addEventListener("change", ({ target }) => {
      localStorage.setItem("saving", target.checked ? "yes" : "no");
      this.#player.isSaving = target.checked;
      this.#player.picture?.saveData(target.checked);
    });
    this.#find("less").addEventListener("click", () => this.#choose(this.#lesser()));
    this.#find("to-live").addEventListener("click", () => {
      const { video } = this.#player;
      video.currentTime += this.#player.picture.behind - 6;
      video.play();
    });
    this.#find("own-window").addEventListener("click", (event) => {
      event.preventDefault();
      this.#player.video?.pause();
      window.open(event.currentTarget.href, "", "popup,width=960,height=600");
    });
    this.#find("picture-in-picture").addEventListener("click", () => {
      if (document.pictureInPictureElement) {
        document.exitPictureInPicture();
      } else {
        this.#player.video?.requestPictureInPicture().catch(() => {});
      }
    });
  }
}
