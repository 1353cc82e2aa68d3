// Several photos chosen: by their circles, by a long press, by `x`; and what is done with them.

import { added, go } from "./asked.js";
import { copyPaths } from "./deeds.js";
import { tiles } from "./grid.js";

const LONG = 480; // milliseconds of a press
const bar = document.getElementById("picked");
let last = null; // from where Shift goes on

const box = (tile) => tile.querySelector(".pick");
export const picked = () => tiles().filter((tile) => box(tile)?.checked);

export function toggle(tile, range = false) {
  if (!box(tile)) return;
  choose(tile, !box(tile).checked, range);
}

function choose(tile, on, range) {
  const all = tiles();
  const [a, b] = [all.indexOf(tile), all.indexOf(last)].sort((one, other) => one - other);
  for (const one of range && a >= 0 ? all.slice(a, b + 1) : [tile]) box(one).checked = on;
  last = tile;
  count();
}

export function clear() {
  for (const tile of picked()) box(tile).checked = false;
  last = null;
  count();
}

function count() {
  const chosen = picked().length;
  bar.querySelector(".count").textContent = chosen === 1 ? "1 photo" : `${chosen} photos`;
}

const numbers = () => [...new Set(picked().map((tile) => tile.dataset.number))];
const deeds = {
  clear,
  like: () => go(added("like", numbers())),
  unlike: () => go(added("unlike", numbers())),
  copy: () => copyPaths(picked().map((tile) => tile.dataset.path)),
};

export function watchPicks() {
  if (!bar) return;
  document.addEventListener("click", (event) => {
    if (event.target.matches?.(".pick")) choose(event.target.closest(".tile"), event.target.checked, event.shiftKey);
  });
  bar.addEventListener("click", (event) => deeds[event.target.closest("[data-do]")?.dataset.do]?.());
  watchLongPresses();
  if (picked().length) count(); // the browser remembers them over a reload
}

function watchLongPresses() {
  let timer;
  let held = false;
  let touched = false; // older browsers do not say of a click what it was made with
  document.addEventListener("pointerdown", (event) => {
    const tile = event.target.closest("#grid .tile");
    held = false;
    touched = event.pointerType === "touch";
    if (!tile || !touched || event.target.closest("button")) return;
    timer = setTimeout(() => {
      held = true;
      toggle(tile);
    }, LONG);
  });
  for (const end of ["pointerup", "pointercancel", "scroll"])
    document.addEventListener(end, () => clearTimeout(timer), { passive: true, capture: true });
  document.addEventListener("contextmenu", (event) => held && event.preventDefault());
  document.addEventListener(
    "click",
    (event) => {
      const link = event.target.closest("#grid a.open");
      if (!link || !touched) return;
      if (!held && !picked().length) return;
      event.preventDefault(); // among chosen ones, a tap chooses too
      if (!held) toggle(link.closest(".tile"));
      held = false;
    },
    { capture: true },
  );
}
