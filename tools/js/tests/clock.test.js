// What a page knows of the server's time, whatever its device says.

import assert from "node:assert/strict";
import { test } from "node:test";
import { element, makePage, open } from "./page.js";

const BEGAN = 1_800_000_000;

/** A device whose clock says `now`, in seconds since 1970. */
function makeDevice(now) {
  const device = { passed: 0 };
  const performance = { timeOrigin: 1000 * now, now: () => 1000 * device.passed };
  Object.defineProperty(globalThis, "performance", { value: performance, configurable: true });
  Date.now = () => 1000 * (now + device.passed);
  return device;
}

const answerAt = (seconds) => ({
  headers: new Headers({ Date: new Date(1000 * Math.floor(seconds)).toUTCString() }),
});

/**
 * A page that asks every 2.3 s or so and is answered within 80 ms, on a device that is `wrong` seconds
 * off: how far off its clock is after each answer. `set` seconds are added to the server's clock in
 * the middle; the answers in `old` were kept by somebody for two seconds. The page opens `phase` of a
 * second after a full one.
 */
async function offsOf({ wrong = 0, set = 0, old = [], phase = 0 }) {
  makePage();
  const device = makeDevice(BEGAN + phase);
  const { now, learnFrom } = await open("clock");
  let server = BEGAN + phase - wrong;
  const offs = [];
  for (let poll = 0; poll < 40; poll += 1) {
    server += poll === 20 ? set : 0;
    device.passed += 2 + ((poll * 0.37) % 1);
    const asked = now();
    const answer = answerAt(server + device.passed + 0.04 - (old.includes(poll) ? 2 : 0));
    device.passed += 0.08;
    learnFrom(answer, asked);
    offs.push(Math.abs(now() - (server + device.passed)));
  }
  return offs;
}

test("a right clock is left alone", async () => {
  assert.ok(Math.max(...(await offsOf({}))) < 0.001);
});

for (const wrong of [-3600, -1.4, 1.4, 3600]) {
  for (const phase of [0.05, 0.3, 0.55, 0.8]) {
    test(`a clock that is ${wrong} s off is put right, ${phase} after a full second`, async () => {
      const offs = await offsOf({ wrong, phase });
      assert.ok(Math.max(...offs) <= 1.1);
      assert.ok(offs.at(-1) <= 0.2);
    });
  }
}

for (const set of [-90, 90]) {
  test(`the server's clock may be set by ${set} s`, async () => {
    assert.ok((await offsOf({ set })).at(-1) <= 0.25);
  });
}

test("an answer that somebody has kept does not disturb", async () => {
  assert.ok(Math.max(...(await offsOf({ old: [5, 6, 25] }))) < 0.001);
});

test("an answer without a date teaches nothing", async () => {
  makePage();
  makeDevice(BEGAN);
  const { now, learnFrom } = await open("clock");
  learnFrom({ headers: new Headers() }, now());
  assert.equal(now(), BEGAN);
});

test("the moment that staff chose goes on with the clock, whatever the server says", async () => {
  makePage({ "#as-of": element({ dataset: { at: "1700000000" } }) });
  const device = makeDevice(BEGAN);
  const { now, learnFrom } = await open("clock");
  device.passed = 90;
  learnFrom(answerAt(BEGAN + 3600), now());
  assert.equal(now(), 1_700_000_090);
});
