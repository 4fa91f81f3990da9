// Where staff look at the site as of another moment (schedule/site/middleware.py), everything that the
// page asks for is asked as of that moment too, which goes on with the clock.

import { now } from "./clock.js";
import { data } from "./elements.js";

const bar = document.getElementById("as-of");

/**
 * The address, as of the moment that this page shows.
 * @param {string} path
 */
export function asOf(path) {
  if (!bar) {
    return path;
  }
  const url = new URL(path, location.href);
  if (url.pathname === bar.dataset.shared) {
    url.pathname = data(bar, "live");
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
        const link = target instanceof Element ? target.closest("a[href]") : null;
        if (link instanceof HTMLAnchorElement && isOtherPage(link) && !bar.contains(link)) {
          link.href = asOf(link.href);
        }
      },
      { capture: true },
    );
  }
}

/** @param {HTMLAnchorElement} link */
function isOtherPage(link) {
  return link.origin === location.origin && link.pathname !== location.pathname;
}
