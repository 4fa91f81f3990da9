import assert from "node:assert/strict";
import { test } from "node:test";
import { element, makePage, open, progress } from "./page.js";

makePage();
const { asClock, asDigits, fillTimes, inWords, parseSeconds } = await open("times");

test("in words", () => {
  const words = [1, 60, 61, 59 * 60, 3600, 92 * 60 - 1, 3 * 3600].map(inWords);
  assert.deepEqual(words, [
    "in 1 minute",
    "in 1 minute",
    "in 2 minutes",
    "in 59 minutes",
    "in 1 h",
    "in 1 h 32 min",
    "in 3 h",
  ]);
});

test("as digits", () => {
  assert.deepEqual([-1, 0, 8.2, 750, 3849].map(asDigits), [
    "00:00",
    "00:00",
    "00:09",
    "12:30",
    "1:04:09",
  ]);
});

test("as the clock of this device", () => {
  const noon = new Date(2026, 10, 21, 12, 5, 59);
  assert.equal(asClock(noon.getTime() / 1000), "12:05");
});

test("a second that an address names", () => {
  assert.deepEqual(
    ["90", "90s", "1m30s", "1m30", "2h", "1h2m3s"].map(parseSeconds),
    [90, 90, 90, 90, 7200, 3723],
  );
  for (const text of [null, "", "-5", "s", "1.5", "soon", "12345678"]) {
    assert.equal(parseSeconds(text), null, String(text));
  }
});

test("what is left is filled in, unless it is over or far away", () => {
  const at = Date.now() / 1000;
  const until = (seconds) => element({ dataset: { until: String(at + seconds) } });
  const [near, over, far] = [until(605), until(-1), until(5 * 3600)];
  const bar = progress({ dataset: { starts: String(at - 100) }, hidden: true });
  makePage({ "[data-until]": [near, over, far], "progress[data-starts]": bar });
  fillTimes();
  assert.deepEqual(
    [near, over, far].map(({ textContent }) => textContent),
    ["in 11 minutes", "", ""],
  );
  assert.ok(Math.abs(bar.value - 100) < 5);
  assert.equal(bar.hidden, false);
});
