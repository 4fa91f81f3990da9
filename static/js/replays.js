// The library: where this browser stopped, which the shared page does not know.

import { stoppedAt } from "./resume.js";
import { asDigits } from "./times.js";
import { offerZone } from "./zone.js";

for (const line of document.querySelectorAll("[data-resume]")) {
  const second = stoppedAt(line.dataset.resume);
  if (second !== null) {
    line.textContent = line.dataset.words.replace("TIME", asDigits(second));
    line.hidden = false;
  }
}
offerZone();
