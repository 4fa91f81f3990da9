// The one line below a picture that tells what has happened, aloud to those who listen.

import { findAll } from "./elements.js";

const NEWS_SECONDS = 20;

export class StatusLine {
  #line;
  #words;
  /** @type {number | undefined} */
  #timer;

  /**
   * @param {HTMLElement} line
   * @param {HTMLTemplateElement} words each text in an element [data-word]
   */
  constructor(line, words) {
    this.#line = line;
    const texts = findAll(words.content, "[data-word]", HTMLElement);
    this.#words = new Map(texts.map((text) => [text.dataset.word, text.textContent]));
  }

  /** @param {string} word */
  textOf(word) {
    return this.#words.get(word) ?? "";
  }

  /** @param {string} word */
  says(word) {
    return this.#line.textContent === this.textOf(word);
  }

  /**
   * null: nothing. What is only news goes away again.
   * @param {string | null} word
   * @param {{ time?: string, reason?: string, isNews?: boolean }} options
   */
  say(word, { time = "", reason = "", isNews = false } = {}) {
    const text = word === null ? "" : this.textOf(word);
    this.#write(text.replace("TIME", time).replace("REASON", reason));
    clearTimeout(this.#timer);
    if (isNews) {
      this.#timer = setTimeout(() => this.#write(""), 1000 * NEWS_SECONDS);
    }
  }

  /** @param {string} text */
  #write(text) {
    // Else it would be said aloud again.
    if (this.#line.textContent !== text) {
      this.#line.textContent = text;
    }
  }
}
