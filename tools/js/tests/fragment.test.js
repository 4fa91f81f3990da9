// When a part of a page is out of date.

import assert from "node:assert/strict";
import { test } from "node:test";
import { makePage, open } from "./page.js";

makePage();
const { compare } = await open("fragment");

const NINE = Date.parse("2026-11-21T08:00:00Z") / 1000;
const day = "2026-11-21";
const talk = (code, starts, ends) => ({ code, kind: "talk", day, starts, ends });
const body = {
  revision: 7,
  rooms: [
    { slug: "main", before: null, talks: [talk("A", NINE, NINE + 2400)] },
    { slug: "side", before: null, talks: [talk("B", NINE + 7200, NINE + 9000)] },
  ],
};
const stamp = { revision: 7, at: NINE + 60, zone: "Europe/Berlin", dayStarts: 4, firstDay: day };

test("it is fresh as long as nothing has begun or ended since", () => {
  const fresh = { isChanged: false, isPast: false };
  assert.deepEqual(compare(body, stamp, NINE + 61), fresh);
  assert.deepEqual(compare(body, stamp, NINE + 2399), fresh);
});

test("another revision is another programme", () => {
  assert.equal(compare({ ...body, revision: 8 }, stamp, NINE + 61).isChanged, true);
});

test("the end of a talk in any room makes it old, and so does a start that is near", () => {
  assert.equal(compare(body, stamp, NINE + 2400).isPast, true);
  const later = { ...stamp, at: NINE + 2460 };
  assert.equal(compare(body, later, NINE + 6240).isPast, false);
  assert.equal(compare(body, later, NINE + 6300).isPast, true);
  assert.equal(compare(body, later, NINE + 7200).isPast, true);
});

test("so does a day that ends", () => {
  const evening = { ...stamp, at: NINE + 9060 };
  assert.equal(compare(body, evening, NINE + 18 * 3600).isPast, false);
  assert.equal(compare(body, evening, NINE + 19.5 * 3600).isPast, true);
});

test("also where no talk tells: what goes on all day ends with it", () => {
  const quiet = { revision: 7, rooms: [{ slug: "main", before: null, talks: [] }] };
  const evening = { ...stamp, at: NINE + 14 * 3600 };
  const four = NINE + 19 * 3600;
  assert.equal(compare(quiet, evening, four - 1).isPast, false);
  assert.equal(compare(quiet, evening, four).isPast, true);
  assert.equal(compare(quiet, { ...evening, at: four }, four + 3600).isPast, false);
});
