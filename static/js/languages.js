/**
 * What the page's language calls a language. What is none, since somebody typed it, stands as it is.
 * @param {string} language
 */
export function nameOfLanguage(language) {
  try {
    const names = new Intl.DisplayNames(document.documentElement.lang, { type: "language" });
    return names.of(language) ?? language;
  } catch {
    return language;
  }
}
