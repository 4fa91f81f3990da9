// How often open pages ask, and what they do while nobody answers.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { makePage, open } from "./page.js";

const LIVE = "/live.json";
const QUIET = { revision: 1, rooms: [{ slug: "main", talks: [] }] };

let page;
let answers;
let asked;

beforeEach(() => {
  mock.restoreAll();
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  mock.method(Math, "random", () => 0);
  page = makePage();
  answers = [];
  asked = 0;
  globalThis.fetch = async () => {
    asked += 1;
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer instanceof Error) {
      throw answer;
    }
    return answer;
  };
});

const answer = (body, headers = {}) => ({
  ok: true,
  headers: new Headers(headers),
  json: async () => body,
});

/** With a talk that is on. */
function busy() {
  const at = Date.now() / 1000;
  return { revision: 2, rooms: [{ slug: "main", talks: [{ starts: at - 60, ends: at + 600 }] }] };
}

/** All that waits for answers has gone on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

async function pass(seconds) {
  mock.timers.tick(1000 * seconds);
  await settled();
}

test("a quiet conference is asked every ten seconds, a live one every two", async () => {
  const { follow } = await open("follow");
  answers = [answer(QUIET), answer(busy())];
  follow(LIVE, () => {});
  await settled();
  await pass(9.9);
  assert.equal(asked, 1);
  await pass(0.1);
  assert.equal(asked, 2);
  await pass(1.9);
  assert.equal(asked, 2);
  await pass(0.1);
  assert.equal(asked, 3);
});

test("pages do not ask in step", async () => {
  Math.random.mock.mockImplementation(() => 0.99);
  const { follow } = await open("follow");
  answers = [answer(QUIET)];
  follow(LIVE, () => {});
  await settled();
  await pass(14.9);
  assert.equal(asked, 1);
  await pass(0.1);
  assert.equal(asked, 2);
});

test("each body is told, and a failure is not", async () => {
  const { follow } = await open("follow");
  const [first, second] = [
    { ...QUIET, revision: 1 },
    { ...QUIET, revision: 2 },
  ];
  answers = [answer(first), { ok: false, status: 502 }, answer(second)];
  const told = [];
  follow(LIVE, (body) => told.push(body.revision));
  await settled();
  await pass(10);
  await pass(20);
  assert.deepEqual([asked, told], [3, [1, 2]]);
});

test("whoever gets no answer asks less and less often, and at least twice a minute", async () => {
  const { follow } = await open("follow");
  answers = [new TypeError("offline")];
  follow(LIVE, () => {});
  await settled();
  for (const seconds of [20, 30, 30]) {
    const before = asked;
    await pass(seconds - 0.1);
    assert.equal(asked, before);
    await pass(0.1);
    assert.equal(asked, before + 1);
  }
});

test("silence is told once, after the second answer that is lost, with when the last came", async () => {
  const { follow } = await open("follow");
  answers = [answer(QUIET), new TypeError("offline")];
  const silences = [];
  const isPlaying = () => false;
  const before = Date.now() / 1000;
  follow(
    LIVE,
    () => {},
    isPlaying,
    (since) => silences.push(since),
  );
  await settled();
  await pass(10);
  assert.equal(silences.length, 0);
  await pass(20);
  assert.equal(silences.length, 1);
  assert.ok(Math.abs(silences[0] - before) < 60);
  await pass(30);
  assert.equal(silences.length, 1);
});

test("a hidden tab stops, unless it plays, and asks at once when it is seen again", async () => {
  const { follow } = await open("follow");
  answers = [answer(QUIET)];
  page.hidden = true;
  follow(LIVE, () => {});
  await settled();
  await pass(600);
  assert.equal(asked, 1);
  page.hidden = false;
  page.dispatch("visibilitychange");
  await settled();
  assert.equal(asked, 2);
});

test("a hidden tab that plays goes on", async () => {
  const { follow } = await open("follow");
  answers = [answer(QUIET)];
  page.hidden = true;
  const isPlaying = () => true;
  follow(LIVE, () => {}, isPlaying);
  await settled();
  await pass(10);
  assert.equal(asked, 2);
});

test("who overhears learns of each answer, and whether it is of now", async () => {
  const { follow, overhear } = await open("follow");
  const stale = answer(QUIET, { "Front-Row-Cache": "STALE" });
  answers = [answer(QUIET, { "Front-Row-Cache": "HIT" }), stale, new TypeError("offline")];
  const heard = [];
  overhear(LIVE, (body, isOfNow) => heard.push([body.revision, isOfNow]));
  follow(LIVE, () => {});
  await settled();
  await pass(10);
  await pass(10);
  assert.deepEqual(heard, [
    [1, true],
    [1, false],
    [1, false],
  ]);
  page.dispatch("DOMContentLoaded");
  await settled();
  assert.equal(asked, 3);
});

test("where the page follows nothing, it is followed for whoever overhears", async () => {
  const { overhear } = await open("follow");
  answers = [answer(QUIET)];
  const heard = [];
  overhear(LIVE, (body) => heard.push(body.revision));
  assert.equal(asked, 0);
  page.dispatch("DOMContentLoaded");
  await settled();
  assert.deepEqual([asked, heard], [1, [1]]);
});
