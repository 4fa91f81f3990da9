// Every page: who is here, which shared pages do not know, and what is announced.

import { showAnnouncements } from "./announcements.js";
import { keepMoment } from "./as_of.js";
import { data } from "./elements.js";
import { me } from "./me.js";

// Who sees nothing happen for so long means it.
const SENT_ONCE_SECONDS = 5;

/** @param {HTMLAnchorElement} account */
async function showAccount(account) {
  const { name } = await me();
  const label = document.createElement("span");
  label.textContent = name ?? data(account, "signIn");
  label.dir = "auto";
  account.replaceChildren(label);
  if (name === null) {
    const here = encodeURIComponent(location.pathname + location.search);
    account.href = `${data(account, "login")}?next=${here}`;
  }
}

/** A second click would send the code again that the first has used up, with cookies from before it. */
function sendOnce() {
  /** @type {WeakMap<EventTarget, number>} */
  const sentAt = new WeakMap();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !(form instanceof HTMLFormElement) || form.method !== "post") {
      return;
    }
    if (performance.now() < (sentAt.get(form) ?? -Infinity) + SENT_ONCE_SECONDS * 1000) {
      event.preventDefault();
    } else {
      sentAt.set(form, performance.now());
    }
  });
}

const account = document.getElementById("account");
if (account instanceof HTMLAnchorElement) {
  // Without an answer the corner stays a plain link to the tickets.
  showAccount(account).catch(() => {});
}
showAnnouncements();
keepMoment();
sendOnce();
