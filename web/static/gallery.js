// What makes the gallery's pages quicker to the hand. Without it they are links and forms, and work.

import { watchBox } from "./box.js";
import { watchDrops } from "./bring.js";
import { watchDeeds } from "./deeds.js";
import { watchGrid } from "./grid.js";
import { watchKeys } from "./keys.js";
import { watchPhoto } from "./photo.js";
import { watchPicks } from "./picks.js";
import { watchStatus } from "./progress.js";

watchBox();
watchDrops();
watchDeeds();
watchGrid();
watchPhoto();
watchPicks();
watchKeys();
watchStatus();
