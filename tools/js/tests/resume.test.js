import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { keep, stoppedAt } from "../../../static/js/resume.js";
import { makeStorage } from "./page.js";

const LENGTH = 1800;

beforeEach(() => makeStorage());

test("where somebody stopped is found again, in whole seconds", () => {
  keep("AAA", 600.7, LENGTH);
  keep("BBB", 90, LENGTH);
  assert.deepEqual([stoppedAt("AAA"), stoppedAt("BBB"), stoppedAt("CCC")], [600, 90, null]);
});

test("who has hardly begun, or seen it all, begins at the beginning", () => {
  for (const second of [0, 15, LENGTH - 15, LENGTH]) {
    keep("AAA", 600, LENGTH);
    keep("AAA", second, LENGTH);
    assert.equal(stoppedAt("AAA"), null);
  }
});

test("the oldest go first, and what is watched again is young", () => {
  for (let number = 0; number < 100; number += 1) {
    keep(`T${number}`, 100, LENGTH);
  }
  keep("T0", 200, LENGTH);
  keep("NEW", 300, LENGTH);
  assert.deepEqual([stoppedAt("T0"), stoppedAt("T1"), stoppedAt("NEW")], [200, null, 300]);
});

test("what somebody else wrote there is nothing", () => {
  makeStorage({ replays: "{broken" });
  assert.equal(stoppedAt("AAA"), null);
  makeStorage({ replays: "null" });
  assert.equal(stoppedAt("AAA"), null);
});
