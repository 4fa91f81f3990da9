// What a script needs of its page. Where page and script do not fit, it says so at once.

/**
 * The element with this id.
 * @template {Element} E
 * @param {string} id
 * @param {new () => E} kind
 */
export function byId(id, kind) {
  return find(document, `#${id}`, kind);
}

/**
 * The first element that the selector finds.
 * @template {Element} E
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => E} kind
 */
export function find(root, selector, kind) {
  const found = root.querySelector(selector);
  if (!(found instanceof kind)) {
    throw new Error(`This page needs ${selector} as ${kind.name}.`);
  }
  return found;
}

/**
 * All elements of this kind that the selector finds.
 * @template {Element} E
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => E} kind
 */
export function findAll(root, selector, kind) {
  return [...root.querySelectorAll(selector)].filter(
    /** @returns {found is E} */ (found) => found instanceof kind,
  );
}

/**
 * The data attribute of that name, as `dataset` names it.
 * @param {HTMLElement} element
 * @param {string} name
 */
export function data(element, name) {
  const value = element.dataset[name];
  if (value === undefined) {
    throw new Error(`#${element.id} needs data for ${name}.`);
  }
  return value;
}
