// What the lobby says to one person: which rooms are closed to them, and where to go instead. The page
// is the same for everybody, so this comes with /me.json.

import { now } from "./clock.js";
import { byId, findAll } from "./elements.js";
import { me } from "./me.js";

// Many have tickets for the same hour.
const SPREAD_SECONDS = 5;

/** @type {Me | undefined} */
let known;
let askAgainAt = Infinity;

/** Ask again what has changed by now, and mark the rooms. Call it again and again. */
export async function keepOwnRooms() {
  if (known && now() < askAgainAt) {
    return;
  }
  const isAgain = known !== undefined;
  // While the answer is on its way, and if there is none.
  askAgainAt = now() + 2 * SPREAD_SECONDS;
  try {
    known = await me({ again: isAgain });
    askAgainAt = (known.changes ?? Infinity) + SPREAD_SECONDS * Math.random();
    markOwnRooms();
  } catch {
    // The page of a room says it as well.
  }
}

/** Put what is known into the rooms that are in the page now. */
export function markOwnRooms() {
  if (!known) {
    return;
  }
  tell(byId("notice", HTMLElement), known.notice ?? undefined);
  for (const room of findAll(document, "#rooms [data-room]", HTMLElement)) {
    const told = known.rooms[room.dataset.room ?? ""];
    room.classList.toggle("is-closed", told !== undefined);
    for (const place of findAll(room, "[data-closed]", HTMLElement)) {
      tell(place, told);
    }
  }
}

/**
 * @param {HTMLElement} place
 * @param {Told | undefined} told
 */
function tell(place, told) {
  place.hidden = !told;
  if (!told) {
    place.replaceChildren();
    return;
  }
  const act = document.createElement("a");
  act.href = told.act.url;
  act.textContent = told.act.label;
  place.replaceChildren(told.text, " ", act);
}
