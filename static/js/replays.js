// The library: where this browser stopped, which the shared page does not know.

import { data, findAll } from "./elements.js";
import { stoppedAt } from "./resume.js";
import { asDigits } from "./times.js";
import { offerZone } from "./zone.js";

for (const line of findAll(document, "[data-resume]", HTMLElement)) {
  const second = stoppedAt(data(line, "resume"));
  if (second !== null) {
    line.textContent = data(line, "words").replace("TIME", asDigits(second));
    line.hidden = false;
  }
}
offerZone();
