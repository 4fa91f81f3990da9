// Times are those of the venue until somebody wants their own: the server does the rest, by cookie.

const YEAR_SECONDS = 365 * 24 * 3600;

/** Offer the device's zone, or the venue's to somebody who has left it. */
export function offerZone() {
  const line = document.getElementById("zone");
  if (!line) {
    return;
  }
  const { zone, venue, from, offer } = line.dataset;
  const mine = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const other = zone === venue ? mine : venue;
  // Two names for one time (Berlin, Paris) are no choice; what counts is the conference's days.
  if (!other || clockIn(other, from) === clockIn(zone, from)) {
    return;
  }
  const button = document.createElement("button");
  button.type = "button";
  button.className = "link";
  button.textContent = offer.replace("ZONE", other.replaceAll("_", " "));
  button.addEventListener("click", () => {
    const seconds = other === venue ? 0 : YEAR_SECONDS;
    document.cookie = `tz=${other}; path=/; max-age=${seconds}; samesite=lax`;
    location.reload();
  });
  line.append(" ", button);
}

function clockIn(zone, instant) {
  return new Date(instant).toLocaleString("en", { timeZone: zone });
}
