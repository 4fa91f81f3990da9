// The server's time: a wrong clock on a device must not start a talk early.

// Date headers have whole seconds, and answers may be a second old.
const TOLERANCE = 2;

const device = () => (performance.timeOrigin + performance.now()) / 1000;
let ahead = (Date.now() - 1000 * device()) / 1000;

/** Seconds since 1970. */
export function now() {
  return device() + ahead;
}

/** Learn from an answer that was asked for at `asked` (by now()). */
export function learnFrom(response, asked) {
  const date = Date.parse(response.headers.get("Date") ?? "") / 1000;
  if (Number.isNaN(date)) {
    return;
  }
  const error = date + 0.5 - (asked + now()) / 2;
  if (Math.abs(error) > TOLERANCE) {
    ahead += error;
  }
}
