// The landing page follows the programme, and knows who has signed in.

import { byId, data, findAll } from "./elements.js";
import { follow } from "./follow.js";
import { keepFresh } from "./fragment.js";
import { me } from "./me.js";
import { paintStars, showStars } from "./stars.js";
import { offerZone } from "./zone.js";

/** @type {LiveBody | undefined} */
let body;
const refresh = keepFresh(["programme"], { onFresh: paintStars });

follow(data(byId("programme", HTMLElement), "live"), (latest) => {
  body = latest;
});
setInterval(() => {
  if (body) {
    refresh(body);
  }
}, 1000);

/** The page is the same for everybody, so how one signs in is there for those who have, too. */
async function welcome() {
  const { name } = await me();
  if (name !== null) {
    for (const element of findAll(document, "[data-signed-in]", HTMLElement)) {
      element.textContent = data(element, "signedIn").replace("NAME", () => name);
    }
  }
}

// Without an answer the way in stays as it is: it leads those who have signed in to the lobby as well.
welcome().catch(() => {});
offerZone();
showStars();
