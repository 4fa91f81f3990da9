// Every page: who is here, which shared pages do not know, and what is announced.

import { showAnnouncements } from "./announcements.js";
import { keepMoment } from "./as_of.js";
import { me } from "./me.js";

const account = document.getElementById("account");

async function showAccount() {
  const { name } = await me();
  const label = document.createElement("span");
  label.textContent = name ?? account.dataset.signIn;
  label.dir = "auto";
  account.replaceChildren(label);
  if (name === null) {
    const here = encodeURIComponent(location.pathname + location.search);
    account.href = `${account.dataset.login}?next=${here}`;
  }
}

if (account) {
  // Without an answer the corner stays a plain link to the tickets.
  showAccount().catch(() => {});
}
showAnnouncements();
keepMoment();
