// The server's time: a wrong clock on a device must not start a talk early, and pages that show the
// same second of a recording must agree on it. Where staff chose a moment (as_of.js), it goes on
// from there.

// Who answers with an old date has kept the answer. After so many of them the server's clock was set.
const OLD_ANSWERS = 3;

const device = () => (performance.timeOrigin + performance.now()) / 1000;
const chosen = document.getElementById("as-of")?.dataset.at;
let ahead = chosen ? Number(chosen) - device() : (Date.now() - 1000 * device()) / 1000;
// Every answer narrows down by how much the server is ahead of this device.
let [least, most] = [-Infinity, Infinity];
let old = 0;

/** Seconds since 1970. */
export function now() {
  return device() + ahead;
}

/**
 * Learn from an answer.
 * @param {Pick<Response, "headers">} response
 * @param {number} asked when it was asked for, by now()
 */
export function learnFrom(response, asked) {
  const date = Date.parse(response.headers.get("Date") ?? "") / 1000;
  if (Number.isNaN(date) || chosen) {
    return;
  }
  // A Date header has whole seconds, and was written between asking and now.
  const [from, to] = [date - device(), date + 1 - (asked - ahead)];
  old = to < least ? old + 1 : 0;
  if (from > most || old >= OLD_ANSWERS) {
    [least, most, old] = [from, to, 0];
  } else if (old === 0) {
    [least, most] = [Math.max(least, from), Math.min(most, to)];
  }
  ahead = Math.min(most, Math.max(least, ahead));
}
