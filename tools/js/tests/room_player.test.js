import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { makePage, open } from "./page.js";

makePage();
const { renewalOf } = await open("room_player");

const video = (expires) => ({ player: "video", expires });

beforeEach(() => mock.restoreAll());

test("rights are renewed a minute or two before the first of them ends", () => {
  mock.method(Math, "random", () => 0);
  assert.equal(renewalOf([video(1600), video(1000), video(null)]), 940);
  Math.random.mock.mockImplementation(() => 0.5);
  assert.equal(renewalOf([video(1000)]), 910);
});

test("rights that never end, or are none of ours to renew, need no renewal", () => {
  assert.equal(renewalOf([]), Infinity);
  assert.equal(renewalOf([video(null)]), Infinity);
  assert.equal(renewalOf([{ player: "iframe", expires: 1000 }]), Infinity);
});
