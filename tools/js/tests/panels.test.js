import assert from "node:assert/strict";
import { test } from "node:test";
import { element, makePage, open } from "./page.js";

makePage();
const { panelOf, showCountdown, showPanel } = await open("panels");

const room = {
  state: "live",
  slate: "",
  isWanted: true,
  hasFailed: false,
  isWaiting: false,
  hasPicture: false,
  isRefused: false,
};

test("which panel there is", () => {
  assert.equal(panelOf(room), "live");
  assert.equal(panelOf({ ...room, state: "soon", isWanted: false }), "soon");
  assert.equal(panelOf({ ...room, hasFailed: true }), "trouble");
  assert.equal(panelOf({ ...room, isWaiting: true, hasFailed: true }), "waiting");
  assert.equal(panelOf({ ...room, slate: "Back at two", hasFailed: true }), "slate");
});

test("a slate and trouble are about what should play now", () => {
  const over = { ...room, state: "ended", isWanted: false, slate: "Back at two", hasFailed: true };
  assert.equal(panelOf(over), "ended");
});

test("there is none beside a picture or a refusal", () => {
  assert.equal(panelOf({ ...room, hasPicture: true, hasFailed: true }), null);
  assert.equal(panelOf({ ...room, isRefused: true }), null);
});

test("one panel is shown, or none", () => {
  const panels = ["idle", "live"].map((panel) => element({ dataset: { panel }, hidden: false }));
  makePage({ "[data-panel]": panels });
  showPanel("live");
  assert.deepEqual(
    panels.map(({ hidden }) => hidden),
    [true, false],
  );
  showPanel(null);
  assert.deepEqual(
    panels.map(({ hidden }) => hidden),
    [true, true],
  );
});

test("the countdown is empty where there is nothing to count down to", () => {
  const countdown = element({ textContent: "00:01" });
  makePage({ "[data-countdown]": countdown });
  showCountdown(65);
  assert.equal(countdown.textContent, "01:05");
  showCountdown(0);
  assert.equal(countdown.textContent, "");
});
