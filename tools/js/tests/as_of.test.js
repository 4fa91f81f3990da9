import assert from "node:assert/strict";
import { test } from "node:test";
import { element, makePage, open } from "./page.js";

// The clock that as_of.js asks is loaded once, and so is its page.
const bar = element({ dataset: { at: "1795251600", shared: "/live.json", live: "/check/live/" } });
makePage({ "#as-of": bar });
const { now } = await import("../../../static/js/clock.js");

test("addresses stay as they are where nobody chose a moment", async () => {
  makePage();
  const { asOf } = await open("as_of");
  assert.equal(asOf("/live.json"), "/live.json");
});

test("a page as of another moment asks for everything as of that moment", async () => {
  makePage({ "#as-of": bar });
  const { asOf } = await open("as_of");
  const url = new URL(asOf("/rooms/main/?tz=UTC"));
  assert.equal(url.pathname, "/rooms/main/");
  assert.equal(url.searchParams.get("tz"), "UTC");
  assert.ok(Math.abs(Date.parse(url.searchParams.get("at")) / 1000 - now()) < 60);
  assert.ok(url.searchParams.get("at").startsWith("2026-11-21T"));
});

test("what all pages share is asked of the address that is not shared", async () => {
  makePage({ "#as-of": bar });
  const { asOf } = await open("as_of");
  assert.equal(new URL(asOf("/live.json")).pathname, "/check/live/");
});

test("a moment that an address has already is replaced", async () => {
  makePage({ "#as-of": bar });
  const { asOf } = await open("as_of");
  const url = new URL(asOf("/?at=2020-01-01T00:00:00Z"));
  assert.equal(url.searchParams.getAll("at").length, 1);
  assert.ok(url.searchParams.get("at").startsWith("2026-11-21T"));
});
