// Where somebody stopped in which replay. Kept in this browser alone: the server does not want to know.

const KEY = "replays";
// More than anybody goes back to; the oldest go first.
const MOST = 100;
// Who stops in the first seconds has not begun, and who stops in the last has seen it.
const EDGE_SECONDS = 15;

/** @returns {Record<string, number>} */
function all() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "null") ?? {};
  } catch {
    return {};
  }
}

/**
 * The second of the talk, or null.
 * @param {string} code
 */
export function stoppedAt(code) {
  return all()[code] ?? null;
}

/**
 * Somebody has come to this second of a talk of so many.
 * @param {string} code
 * @param {number} second
 * @param {number} length
 */
export function keep(code, second, length) {
  const { [code]: _old, ...others } = all();
  const isWithin = second > EDGE_SECONDS && second < length - EDGE_SECONDS;
  const entries = Object.entries(isWithin ? { ...others, [code]: Math.floor(second) } : others);
  localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(entries.slice(-MOST))));
}
