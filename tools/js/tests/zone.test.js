import assert from "node:assert/strict";
import { test } from "node:test";
import { makePage, open } from "./page.js";

makePage();
const { offsetIn } = await open("zone");

const november = new Date("2026-11-21T12:00:00Z");
const july = new Date("2026-07-01T12:00:00Z");

test("how far a zone is from UTC", () => {
  assert.equal(offsetIn("UTC", november), 0);
  assert.equal(offsetIn("Europe/Berlin", november), 60);
  assert.equal(offsetIn("Asia/Kolkata", november), 330);
  assert.equal(offsetIn("America/St_Johns", november), -210);
});

test("it follows summer time", () => {
  assert.equal(offsetIn("Europe/Berlin", july), 120);
  assert.equal(offsetIn("Asia/Kolkata", july), 330);
});

test("and the day that is another there", () => {
  const evening = new Date("2026-12-31T23:30:00Z");
  assert.equal(offsetIn("Pacific/Kiritimati", evening), 840);
  assert.equal(offsetIn("Pacific/Pago_Pago", evening), -660);
});

test("and midnight there, which some call 24", () => {
  assert.equal(offsetIn("Europe/Berlin", new Date("2026-11-20T23:00:00Z")), 60);
});
