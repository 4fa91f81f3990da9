// Buttons that copy what stands in the field before them. Where nothing can be copied (plain http)
// there are none, and the field is there to select from.

import { data, findAll } from "./elements.js";

if (navigator.clipboard) {
  for (const button of findAll(document, "[data-copies-before]", HTMLElement)) {
    const field = button.previousElementSibling;
    if (!(field instanceof HTMLInputElement)) {
      continue;
    }
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(field.value);
      button.textContent = data(button, "done");
    });
  }
}
