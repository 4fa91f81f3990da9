// Where the picture is, which is asked for privately, and word of sources that failed.

import { asOf } from "./as_of.js";
import { post } from "./me.js";

// One page of so many tells of a failure, and it counts for all of them; so when a stream fails
// everybody at once, the server is not asked by everybody at once.
const REPORTS_ONE_IN = 4;
const REPORT_AGAIN_MS = 60_000;
const REPORT_WITHIN_MS = 8_000;
let reportedAt = -Infinity;
// Each process of the server learns within a second what is new in the programme. So what is on a page
// may be unknown for a moment to the process that is asked next.
const LEARNED_MS = 2_000;

/**
 * What the server said with a code last: of which ticket, when, and what to do.
 * @type {Map<string, RefusalWords>}
 */
export const said = new Map();

/**
 * The code of a no, or null. A 403 without one is a stale token.
 * @param {Response} response
 * @returns {Promise<string | null>}
 */
export async function refusalIn(response) {
  if (response.status !== 401 && response.status !== 403) {
    return null;
  }
  try {
    const { code, message, act } = (await response.json()).error;
    said.set(code, { message, act });
    return code;
  } catch {
    return null;
  }
}

/**
 * Sources with the first choice first, or a refusal: its code, or "gone" for what is no more. Throws
 * while the server cannot say.
 * @param {string} url
 * @returns {Promise<Playback | Refused>}
 */
export async function askPlayback(url) {
  const ask = () => fetch(asOf(url), { headers: { Accept: "application/json" } });
  let response = await ask();
  if (response.status === 404) {
    await new Promise((resolve) => setTimeout(resolve, LEARNED_MS));
    response = await ask();
  }
  const refusal = await refusalIn(response);
  if (refusal || response.status === 404) {
    return { refusal: refusal ?? "gone" };
  }
  if (!response.ok) {
    throw new Error(`${url}: ${response.status}`);
  }
  return response.json();
}

/**
 * Tell the organizers that a source failed here. Nothing depends on it.
 * @param {string} url
 * @param {{ room: string, tag: string, why: string }} failure
 */
export function report(url, { room, tag, why }) {
  const at = performance.now();
  if (at - reportedAt < REPORT_AGAIN_MS || Math.random() > 1 / REPORTS_ONE_IN) {
    return;
  }
  reportedAt = at;
  setTimeout(() => {
    post(url, { room, tag, why, weight: String(REPORTS_ONE_IN) }).catch(() => {});
  }, Math.random() * REPORT_WITHIN_MS);
}
