// A recording stays at the second at which everybody is.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { makePage } from "./page.js";

makePage();
const { now } = await import("../../../static/js/clock.js");
const { InStep } = await import("../../../static/js/in_step.js");

let video;
let pulledBack;
let step;

/** A recording that has been on for `second`s, in a video that is at another one. */
function play(second, at, properties = {}) {
  const listeners = {};
  pulledBack = 0;
  video = {
    currentTime: at,
    duration: 600,
    readyState: 4,
    paused: false,
    seeking: false,
    playbackRate: 1,
    addEventListener: (type, act) => {
      listeners[type] = act;
    },
    dispatch: (type) => listeners[type](),
    ...properties,
  };
  step = new InStep(video, now() - second, () => {
    pulledBack += 1;
  });
}

const isNear = (value, wanted) => Math.abs(value - wanted) < 0.5;

beforeEach(() => play(100, 100));

test("the second that everybody sees", () => {
  assert.ok(isNear(step.second, 100));
  play(-30, 0);
  assert.equal(step.second, 0);
});

test("it is over when its last second has been seen", () => {
  assert.equal(step.isOver, false);
  play(601, 600);
  assert.equal(step.isOver, true);
});

test("a small difference is made up for by playing faster or slower", () => {
  play(100, 99.7);
  step.keep();
  assert.ok(video.playbackRate > 1.03 && video.playbackRate < 1.1);
  play(100, 100.3);
  step.keep();
  assert.ok(video.playbackRate < 0.97 && video.playbackRate > 0.9);
  assert.equal(video.currentTime, 100.3);
});

test("by no more than ears notice", () => {
  play(100, 97.5);
  step.keep();
  assert.equal(video.playbackRate, 1.1);
  play(100, 102.5);
  step.keep();
  assert.equal(video.playbackRate, 0.9);
});

test("a large difference is jumped over", () => {
  play(100, 60);
  step.keep();
  assert.ok(isNear(video.currentTime, 100));
  assert.equal(video.playbackRate, 1);
});

test("who has paused it is left alone, and gets in step by playing on", () => {
  play(100, 60, { paused: true });
  step.keep();
  assert.equal(video.currentTime, 60);
  video.paused = false;
  video.dispatch("play");
  assert.ok(isNear(video.currentTime, 100));
});

test("nobody can seek away", () => {
  video.currentTime = 300;
  video.dispatch("seeking");
  assert.ok(isNear(video.currentTime, 100));
  assert.equal(pulledBack, 1);
  video.dispatch("seeking");
  assert.equal(pulledBack, 1);
});

test("when the talk is moved, so is the second", () => {
  step.follow(now() - 40);
  step.keep();
  assert.ok(isNear(video.currentTime, 40));
});

test("nothing is jumped to while there is nothing to see", () => {
  play(100, 0, { readyState: 0 });
  step.jump();
  assert.equal(video.currentTime, 0);
});
