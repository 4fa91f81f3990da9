// The private questions of a watching page: where is the stream, may I go on? And its goodbye.

import { asOf } from "./as_of.js";
import { me, post } from "./me.js";

// One page of so many tells of a failure, and it counts for all of them; so when a stream fails
// everybody at once, the server is not asked by everybody at once.
const REPORTS_ONE_IN = 4;
const REPORT_AGAIN_MS = 60_000;
const REPORT_WITHIN_MS = 8_000;
let reportedAt = -Infinity;

/** The code of a no, or null. A 403 without one is a stale token. */
async function refusalIn(response) {
  if (response.status !== 401 && response.status !== 403) {
    return null;
  }
  try {
    return (await response.json()).error.code;
  } catch {
    return null;
  }
}

/** {sources} with the first choice first, or {refusal}: a code, or "gone" for what is no more.
 * Throws while the server cannot say.
 */
export async function askPlayback(url) {
  const response = await fetch(asOf(url), { headers: { Accept: "application/json" } });
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
 * The code of a refusal, or null: go on, also while the server cannot say. `instead`: of another
 * device of the same person.
 */
export async function pulse(url, room, { instead = false } = {}) {
  try {
    for (const again of [false, true]) {
      const { csrf_token: token } = await me({ again });
      const response = await fetch(url, {
        method: "POST",
        headers: { Accept: "application/json", "X-CSRFToken": token },
        body: new URLSearchParams(instead ? { room, instead: 1 } : { room }),
      });
      const refusal = await refusalIn(response);
      if (refusal || response.status !== 403) {
        return refusal;
      }
    }
  } catch {
    // Nobody is locked out because a network broke.
  }
  return null;
}

/** Tell the organizers that a source failed here. Nothing depends on it. */
export function report(url, { room, tag, why }) {
  const at = performance.now();
  if (at - reportedAt < REPORT_AGAIN_MS || Math.random() > 1 / REPORTS_ONE_IN) {
    return;
  }
  reportedAt = at;
  setTimeout(() => {
    post(url, { room, tag, why, weight: REPORTS_ONE_IN }).catch(() => {});
  }, Math.random() * REPORT_WITHIN_MS);
}

/** Give the place up while the page goes away, which leaves no time to wait for anything. */
export async function leave(url) {
  const { csrf_token: token } = await me();
  navigator.sendBeacon(url, new URLSearchParams({ csrfmiddlewaretoken: token }));
}
