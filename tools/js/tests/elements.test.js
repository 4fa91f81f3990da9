import assert from "node:assert/strict";
import { test } from "node:test";
import { byId, data, findAll } from "../../../static/js/elements.js";
import { element, makePage, progress } from "./page.js";

test("an element that is there, and of its kind, is found", () => {
  const bar = progress();
  const page = makePage({ "#bar": bar, ".bar": [element(), bar] });
  assert.equal(byId("bar", HTMLProgressElement), bar);
  assert.deepEqual(findAll(page, ".bar", HTMLProgressElement), [bar]);
  assert.deepEqual(findAll(page, ".none", HTMLProgressElement), []);
});

test("a page that does not fit its script says what is missing", () => {
  makePage({ "#player": element() });
  assert.throws(() => byId("screen", HTMLElement), /#screen/);
  assert.throws(() => byId("player", HTMLProgressElement), /#player/);
});

test("so does an element without its data", () => {
  const player = element({ id: "player", dataset: { hls: "" } });
  assert.equal(data(player, "hls"), "");
  assert.throws(() => data(player, "title"), /#player.*title/);
});
