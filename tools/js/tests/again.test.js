import assert from "node:assert/strict";
import { test } from "node:test";
import { element, makePage, open } from "./page.js";

makePage({ "#again": element({ dataset: { seconds: "20" } }) });
const waits = [];
globalThis.setTimeout = (_act, wait) => waits.push(wait);
const kept = new Map();
globalThis.sessionStorage = {
  getItem: (key) => kept.get(key) ?? null,
  setItem: (key, value) => kept.set(key, String(value)),
};
const { countTry, secondsUntil } = await open("again");

test("it tries again after about what the page says", () => {
  assert.ok(waits[0] >= 15_000 && waits[0] <= 25_000);
});

test("each time it waits longer, and never for more than six minutes", () => {
  for (const [tries, least, most] of [
    [0, 15, 25],
    [1, 30, 50],
    [2, 60, 100],
    [20, 225, 375],
  ]) {
    const seconds = secondsUntil(20, tries);
    assert.ok(seconds >= least && seconds <= most, `${tries}: ${seconds}`);
  }
});

test("tabs that met it together do not come back together", () => {
  assert.ok(new Set(Array.from({ length: 20 }, () => secondsUntil(20, 1))).size > 10);
});

test("tries are counted, and forgotten after a quarter of an hour", () => {
  kept.clear();
  assert.deepEqual([countTry(0), countTry(60_000), countTry(120_000)], [0, 1, 2]);
  assert.equal(countTry(120_000 + 16 * 60_000), 0);
});

test("a browser that keeps nothing has just begun", () => {
  globalThis.sessionStorage = undefined;
  assert.equal(countTry(0), 0);
});
