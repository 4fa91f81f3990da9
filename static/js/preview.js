// The player alone.

import { play } from "./staff_player.js";

await play();
