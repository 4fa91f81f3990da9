// As much of a page as modules need that mostly reckon. Each test file has a process of its own.

class FakeElement {
  /** @param {Record<string, unknown>} properties what the module looks at */
  constructor(properties = {}) {
    Object.assign(this, { dataset: {}, textContent: "", hidden: false }, properties);
  }

  contains(other) {
    return other === this;
  }
}

class FakeProgress extends FakeElement {}

Object.assign(globalThis, {
  Element: FakeElement,
  HTMLElement: FakeElement,
  HTMLAnchorElement: class extends FakeElement {},
  HTMLProgressElement: FakeProgress,
  HTMLSelectElement: class extends FakeElement {},
});

export const element = (properties) => new FakeElement(properties);
export const progress = (properties) => new FakeProgress(properties);

/** Elements by their selectors; `dispatch` calls those who listen to an event of the document. */
export function makePage(elements = {}) {
  const listeners = [];
  const all = (selector) => [elements[selector] ?? []].flat();
  globalThis.document = {
    documentElement: { lang: "en-GB" },
    body: element({
      dataset: { inHours: "in HOURS h", inHoursAndMinutes: "in HOURS h MINUTES min" },
    }),
    hidden: false,
    getElementById: (id) => elements[`#${id}`] ?? null,
    querySelector: (selector) => all(selector)[0] ?? null,
    querySelectorAll: all,
    addEventListener: (type, act) => listeners.push([type, act]),
    dispatch: (type, event = {}) => {
      for (const [wanted, act] of listeners) {
        if (wanted === type) {
          act(event);
        }
      }
    },
  };
  globalThis.location = new URL("https://conf.example/rooms/main/");
  return globalThis.document;
}

/** What one browser keeps. */
export function makeStorage(items = {}) {
  const kept = new Map(Object.entries(items));
  globalThis.localStorage = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, String(value)),
    removeItem: (key) => kept.delete(key),
  };
}

let number = 0;

/** The module as a page loads it that has just been opened, with its state at the beginning. */
export function open(name) {
  number += 1;
  return import(`../../../static/js/${name}.js?${number}`);
}
