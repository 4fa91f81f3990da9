// How full each room is, in a word: of the words in a [data-viewers] element one is shown, or none.

export function showViewers(body) {
  for (const words of document.querySelectorAll("[data-viewers]")) {
    const room = body?.rooms.find(({ slug }) => slug === words.dataset.viewers);
    const word = words.querySelector(`[data-crowd="${room?.viewers}"]`);
    words.hidden = !word;
    for (const each of words.children) {
      each.hidden = each !== word;
    }
  }
}
