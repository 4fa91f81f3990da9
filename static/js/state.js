// The state of a room at a moment, from its entry in /live.json. The same rules as
// schedule/programme/state.py; both are tested against schedule/programme/tests/state_cases.json.

export const SOON = 15 * 60;

/**
 * The conference day of an instant, like "2026-11-21"; days begin at `hour` in the zone, but for the
 * first one, before which there is no evening.
 * @param {Seconds} at
 * @param {string} zone
 * @param {number} hour
 * @param {string} [first]
 */
export function dayOf(at, zone, hour, first) {
  const format = new Intl.DateTimeFormat("en-u-ca-gregory", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
  });
  /** @type {Record<string, number>} */
  const read = {};
  for (const { type, value } of format.formatToParts(at * 1000)) {
    read[type] = Number(value);
  }
  const day = new Date(Date.UTC(read.year, read.month - 1, read.day));
  if (read.hour < hour && day.toISOString().slice(0, 10) !== first) {
    day.setUTCDate(day.getUTCDate() - 1);
  }
  return day.toISOString().slice(0, 10);
}

/**
 * What is on: of two that overlap, the one that began last.
 * @param {RoomEntry} room
 * @param {Seconds} at
 */
export function liveTalk(room, at) {
  return room.talks.findLast((talk) => talk.starts <= at && talk.ends > at);
}

/**
 * @param {RoomEntry} room
 * @param {Seconds} at
 */
export function nextTalk(room, at) {
  return room.talks.find((talk) => talk.starts > at);
}

/**
 * @param {RoomEntry} room
 * @param {Seconds} at
 * @param {string} today dayOf(at, …)
 * @returns {RoomState}
 */
export function stateOf(room, at, today) {
  const live = liveTalk(room, at);
  if (live) {
    return live.kind === "break" ? "break" : "live";
  }
  const ended = room.talks.filter((talk) => talk.ends <= at).map((talk) => talk.day);
  const hadSomeToday = [room.before, ...ended].includes(today);
  const next = nextTalk(room, at);
  if (!next || next.day !== today) {
    return hadSomeToday ? "ended" : "idle";
  }
  if (next.planned !== undefined && next.planned <= at) {
    return "late";
  }
  if (next.starts - at <= SOON) {
    return "soon";
  }
  return hadSomeToday ? "break" : "idle";
}
