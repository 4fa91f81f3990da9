// Every page: who is here, which shared pages do not know, and what is announced.

import { showAnnouncements } from "./announcements.js";
import { keepMoment } from "./as_of.js";
import { data } from "./elements.js";
import { me } from "./me.js";

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

const account = document.getElementById("account");
if (account instanceof HTMLAnchorElement) {
  // Without an answer the corner stays a plain link to the tickets.
  showAccount(account).catch(() => {});
}
showAnnouncements();
keepMoment();
