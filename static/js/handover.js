// The pages of two devices of which one lets the other in: each goes on when the other has acted.
// Without scripts the page reloads itself, which interrupts screen readers.

const EVERY_MS = 2000;
const waiting = document.querySelector("[data-waits]");

async function look() {
  if (!document.hidden) {
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const there = page.querySelector("[data-waits]");
      if (there?.dataset.waits !== waiting.dataset.waits) {
        location.assign(answer.url);
        return;
      }
    } catch {
      // offline for a moment
    }
  }
  setTimeout(look, EVERY_MS);
}

if (waiting) {
  setTimeout(look, EVERY_MS);
}
