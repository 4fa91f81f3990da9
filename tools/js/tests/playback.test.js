// The private questions of a page, and what it makes of the answers.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { element, makePage, open } from "./page.js";

const URLS = { pulse: "/pulse/", leave: "/pulse/leave/" };

let answers;
let posts;
let tokens = 0;

/** `status` and `body` of an answer; without a body it is no JSON. */
const answer = (status, body) => ({
  status,
  ok: status < 400,
  json: async () => body ?? JSON.parse("<html>"),
});
const refused = (status, code, words = {}) => answer(status, { error: { code, ...words } });

beforeEach(() => {
  mock.restoreAll();
  mock.timers.reset();
  makePage({ "#account": element({ dataset: { me: "/me.json" } }) });
  posts = [];
  globalThis.fetch = async (url, options = {}) => {
    if (url === "/me.json") {
      tokens += 1;
      return answer(200, { name: "Grace", csrf_token: `token ${tokens}` });
    }
    if (options.method === "POST") {
      posts.push([url, options.headers["X-CSRFToken"], String(options.body)]);
    }
    const next = answers.shift();
    if (next instanceof Error) {
      throw next;
    }
    return next;
  };
});

const settled = () => new Promise((resolve) => setImmediate(resolve));

async function newPulse() {
  const refusals = [];
  const { Pulse } = await open("pulse");
  return { refusals, pulse: new Pulse(URLS, { room: "main" }, (code) => refusals.push(code)) };
}

test("an answer with sources is handed on", async () => {
  const { askPlayback } = await open("playback");
  answers = [answer(200, { sources: [], tag: null })];
  assert.deepEqual(await askPlayback("/playback.json"), { sources: [], tag: null });
});

test("a no has its code", async () => {
  const { askPlayback } = await open("playback");
  answers = [refused(403, "ticket_canceled"), refused(401, "login_required")];
  assert.deepEqual(await askPlayback("/playback.json"), { refusal: "ticket_canceled" });
  assert.deepEqual(await askPlayback("/playback.json"), { refusal: "login_required" });
});

/** What is made of these answers, the second of which comes seconds later. */
async function askedTwice(...both) {
  const { askPlayback } = await open("playback");
  mock.timers.enable({ apis: ["setTimeout"] });
  answers = both;
  const asked = askPlayback("/playback.json");
  await settled();
  assert.equal(answers.length, 1);
  mock.timers.tick(2000);
  return asked;
}

test("what is no more is gone", async () => {
  assert.deepEqual(await askedTwice(answer(404), answer(404)), { refusal: "gone" });
});

test("what one process of the server has not learned yet is not gone", async () => {
  const sources = { sources: [], tag: null };
  assert.deepEqual(await askedTwice(answer(404), answer(200, sources)), sources);
});

test("what was said with a code is kept for the page", async () => {
  const { refusalIn, said } = await open("playback");
  const words = { message: "Full ticket (A-1) is blocked.", act: null };
  assert.equal(await refusalIn(refused(403, "ticket_blocked", words)), "ticket_blocked");
  assert.deepEqual(said.get("ticket_blocked"), words);
});

test("while the server cannot say, that is no refusal", async () => {
  const { askPlayback } = await open("playback");
  answers = [answer(502, {}), answer(403, {}), answer(403), new TypeError("offline")];
  for (let number = 0; number < 4; number += 1) {
    await assert.rejects(askPlayback("/playback.json"));
  }
});

test("a page pulses every thirty seconds from when somebody watches", async () => {
  const { pulse } = await newPulse();
  const { now } = await import("../../../static/js/clock.js");
  let at = now();
  mock.method(globalThis.performance, "now", () => 1000 * at - performance.timeOrigin);
  const after = async (seconds) => {
    at += seconds;
    answers = [answer(200, { ok: true })];
    await pulse.keep();
    return posts.length;
  };
  assert.equal(await after(60), 0);
  pulse.start();
  assert.equal(await after(29), 0);
  pulse.start();
  assert.equal(await after(1.5), 1);
  assert.equal(await after(29), 1);
  assert.equal(await after(1.5), 2);
  pulse.stop();
  assert.equal(await after(60), 2);
});

test("a pulse learns that there is no more right to watch", async () => {
  const { pulse } = await newPulse();
  answers = [refused(403, "too_many_places")];
  assert.equal(await pulse.takeOver(), "too_many_places");
  assert.deepEqual(posts.at(-1)[2], "room=main&instead=1");
});

test("a stale token is asked for again, once", async () => {
  const { pulse } = await newPulse();
  answers = [answer(403), answer(200, { ok: true })];
  assert.equal(await pulse.takeOver(), null);
  assert.equal(posts.length, 2);
  assert.notEqual(posts[0][1], posts[1][1]);
  answers = [answer(403), answer(403)];
  assert.equal(await pulse.takeOver(), null);
  assert.equal(posts.length, 4);
});

test("nobody is locked out because a network broke", async () => {
  const { pulse } = await newPulse();
  answers = [new TypeError("offline")];
  assert.equal(await pulse.takeOver(), null);
  answers = [answer(502)];
  assert.equal(await pulse.takeOver(), null);
});

test("one page of four tells of a failure, for all of them, and not again at once", async () => {
  const { report } = await open("playback");
  mock.timers.enable({ apis: ["setTimeout"] });
  const random = mock.method(Math, "random", () => 0.3);
  const failure = { room: "main", tag: "abc", why: "frozen" };
  answers = [answer(204), answer(204)];
  report("/report/", failure);
  random.mock.mockImplementation(() => 0.2);
  report("/report/", failure);
  report("/report/", failure);
  mock.timers.tick(8000);
  await settled();
  assert.deepEqual(
    posts.map(([url, , body]) => [url, body]),
    [["/report/", "room=main&tag=abc&why=frozen&weight=4"]],
  );
});

test("a form that the server does not take is an error, after a second token", async () => {
  const { post } = await open("me");
  answers = [answer(403), answer(200)];
  assert.equal((await post("/my/stars.json", [["code", "A"]])).status, 200);
  assert.deepEqual(
    posts.map(([, , body]) => body),
    ["code=A", "code=A"],
  );
  answers = [answer(403), answer(403)];
  await assert.rejects(post("/my/stars.json", {}));
  answers = [answer(400)];
  await assert.rejects(post("/my/stars.json", {}));
  assert.equal(posts.length, 5);
});

test("who is here is asked once, and again after a failure", async () => {
  const { me } = await open("me");
  tokens = 0;
  assert.equal((await me()).csrf_token, "token 1");
  assert.equal((await me()).csrf_token, "token 1");
  assert.equal((await me({ again: true })).csrf_token, "token 2");
  const works = globalThis.fetch;
  globalThis.fetch = async () => answer(502);
  await assert.rejects(me({ again: true }));
  globalThis.fetch = works;
  assert.equal((await me()).csrf_token, "token 3");
});
