import assert from "node:assert/strict";
import { test } from "node:test";
import { makePage, open } from "./page.js";

makePage();
const { digitsAt, markBetween, phaseAt } = await open("countdown");

const talk = { starts: 10_000, ends: 11_800, canceled: false };

test("the phases of a talk", () => {
  const phases = [9_999, 10_000, 11_499, 11_500, 11_739, 11_740, 11_799, 11_800];
  assert.deepEqual(
    phases.map((at) => phaseAt(talk, at)),
    ["before", "running", "running", "soon", "soon", "last", "last", "over"],
  );
  assert.equal(phaseAt({ ...talk, canceled: true }, 10_500), "off");
});

test("counts to the start, then to the end, then what is too much", () => {
  const digits = [9_400, 10_000, 11_799, 11_800, 11_865].map((at) => digitsAt(talk, at));
  assert.deepEqual(digits, ["10:00", "30:00", "00:01", "+00:00", "+01:05"]);
  assert.equal(digitsAt({ ...talk, canceled: true }, 10_500), "–");
});

test("each mark is said when it is passed, and not again", () => {
  assert.equal(markBetween(600.1, 600), "ten");
  assert.equal(markBetween(600, 599.8), undefined);
  assert.equal(markBetween(300.2, 299.9), "five");
  assert.equal(markBetween(60.1, 59.9), "one");
  assert.equal(markBetween(0.1, -0.1), "now");
});

test("a page that opens in the middle says nothing of what has passed", () => {
  assert.equal(markBetween(-Infinity, 250), undefined);
});
