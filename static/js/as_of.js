// Where staff look at the site as of another moment (schedule/middleware.py), everything that the
// page asks for is asked as of that moment too, which goes on with the clock.

import { now } from "./clock.js";

const bar = document.getElementById("as-of");

/** The address, as of the moment that this page shows. */
export function asOf(path) {
  if (!bar) {
    return path;
  }
  const url = new URL(path, location.href);
  if (url.pathname === bar.dataset.shared) {
    url.pathname = bar.dataset.live;
  }
  url.searchParams.set("at", new Date(1000 * now()).toISOString());
  return url.href;
}

/** So that links lead to other pages at the same moment. */
export function keepMoment() {
  if (!bar) {
    return;
  }
  for (const kind of ["click", "auxclick"]) {
    document.addEventListener(
      kind,
      ({ target }) => {
        const link = target.closest("a[href]");
        const isPage =
          link && link.origin === location.origin && link.pathname !== location.pathname;
        if (isPage && !bar.contains(link)) {
          link.href = asOf(link.href);
        }
      },
      { capture: true },
    );
  }
}
