// The state of a room, by the cases that Python's tests read too, so that both say the same.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { dayOf, liveTalk, nextTalk, stateOf } from "../../../static/js/state.js";

const SCHEDULE = new URL("../../../schedule/", import.meta.url);
const DAY_STARTS = 4;

const [found] = readdirSync(SCHEDULE, { recursive: true }).filter((path) =>
  path.endsWith("state_cases.json"),
);
const { cases } = JSON.parse(readFileSync(new URL(found, SCHEDULE), "utf8"));

/** Seconds since 1970. */
const utc = (text) => Date.parse(`${text.replace(" ", "T")}Z`) / 1000;

/** An entry of /live.json with all talks of the room, and nothing said of those before. */
function roomOf({ talks, time_zone: zone = "Europe/Berlin", first_day: first }) {
  return {
    slug: "main",
    stream: null,
    before: null,
    talks: talks.map(({ kind = "talk", starts, ends, planned }, index) => ({
      code: `T${index}`,
      kind,
      day: dayOf(utc(starts), zone, DAY_STARTS, first),
      starts: utc(starts),
      ends: utc(ends),
      ...(planned && { planned: utc(planned) }),
    })),
  };
}

describe("the shared cases", () => {
  for (const each of cases) {
    test(each.name, () => {
      const zone = each.time_zone ?? "Europe/Berlin";
      const today = dayOf(utc(each.at), zone, DAY_STARTS, each.first_day);
      assert.equal(stateOf(roomOf(each), utc(each.at), today), each.state);
    });
  }

  test("there are as many as there ever were", () => {
    assert.ok(cases.length >= 30);
  });
});

describe("what /live.json leaves out", () => {
  const talks = [{ starts: "2026-11-21 11:00", ends: "2026-11-21 11:40" }];

  test("the day of the talk that ended last tells a break from a day that has not begun", () => {
    const room = roomOf({ talks });
    const at = utc("2026-11-21 10:00");
    assert.equal(stateOf(room, at, "2026-11-21"), "idle");
    assert.equal(stateOf({ ...room, before: "2026-11-21" }, at, "2026-11-21"), "break");
    assert.equal(stateOf({ ...room, before: "2026-11-20" }, at, "2026-11-21"), "idle");
  });
});

describe("what is on and what is next", () => {
  const room = roomOf({
    talks: [
      { starts: "2026-11-21 09:00", ends: "2026-11-21 12:00" },
      { starts: "2026-11-21 10:00", ends: "2026-11-21 11:00" },
    ],
  });

  test("of two that overlap, the one that began last is on", () => {
    assert.equal(liveTalk(room, utc("2026-11-21 10:00")).code, "T1");
    assert.equal(liveTalk(room, utc("2026-11-21 11:00")).code, "T0");
    assert.equal(liveTalk(room, utc("2026-11-21 12:00")), undefined);
  });

  test("the next is the first that has not begun", () => {
    assert.equal(nextTalk(room, utc("2026-11-21 08:59")).code, "T0");
    assert.equal(nextTalk(room, utc("2026-11-21 09:00")).code, "T1");
    assert.equal(nextTalk(room, utc("2026-11-21 10:00")), undefined);
  });
});
