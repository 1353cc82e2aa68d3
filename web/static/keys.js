// Everything by the keyboard; the list of it is help.html.

import { go } from "./asked.js";
import { copyPaths } from "./deeds.js";
import { neighbour, tiles, toggleBurst } from "./grid.js";
import { close, current, info, isOpen, turn } from "./photo.js";
import { clear, picked, toggle } from "./picks.js";
import { zoom } from "./stage.js";

const MOVES = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"]);
const box = document.getElementById("q");
const help = document.getElementById("help");

const tileHere = () => document.activeElement?.closest?.(".tile");
const photoHere = () => tileHere() ?? current();

function move(event) {
  if ((isOpen() || current()) && !tileHere()) return turnTo(event);
  const here = tileHere();
  if (!here && !event.key.startsWith("Arrow")) return;
  const next = here ? neighbour(here, event.key) : firstSeen();
  if (!next && here && event.key === "ArrowUp") box.focus();
  if (!next) return;
  event.preventDefault();
  next.querySelector("a.open").focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function firstSeen() {
  const top = document.querySelector(".top").getBoundingClientRect().bottom;
  return tiles().find((tile) => tile.getBoundingClientRect().bottom > top + 20);
}

function turnTo(event) {
  if (event.key === "ArrowLeft") turn(-1);
  else if (event.key === "ArrowRight") turn(1);
}

function escape(event) {
  if (isOpen() || help.open) return; // dialogs close themselves
  const filters = document.getElementById("filters");
  if (filters.open) {
    filters.open = false;
    filters.querySelector("summary").focus();
  } else if (document.activeElement === box) {
    (tiles()[0]?.querySelector("a.open") ?? document.getElementById("main")).focus();
  } else if (picked().length) clear();
  else if (document.getElementById("back")) go(document.getElementById("back").href);
  else return;
  event.preventDefault();
}

function moreLikeThese() {
  const chosen = picked().length ? picked() : [photoHere()].filter(Boolean);
  if (chosen.length) go(`/?${new URLSearchParams([...new Set(chosen.map((one) => one.dataset.number))].map((n) => ["more", n]))}`);
}

const KEYS = {
  "/": toBox,
  s: () => photoHere() && go(`/?like=${photoHere().dataset.number}`),
  x: () => tileHere() && toggle(tileHere()),
  X: () => tileHere() && toggle(tileHere(), true),
  m: moreLikeThese,
  b: () => tileHere()?.querySelector(".burst") && toggleBurst(tileHere().querySelector(".burst")),
  i: () => (current() ? info() : tileHere()?.querySelector("a.open").click()),
  z: () => current() && zoom(current().querySelector(".stage")),
  c: () => (picked().length || photoHere()) && copyPaths((picked().length ? picked() : [photoHere()]).map((one) => one.dataset.path)),
  f: () => document.querySelector("#filters summary").click(),
  "?": () => help.showModal(),
};

function toBox() {
  if (isOpen()) close();
  box.focus();
  box.select();
}

const writes = (target) => target.matches?.("input:not([type=checkbox]), select, textarea");

export function watchKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey) return; // a Japanese word is being written
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      toBox();
    } else if (event.ctrlKey || event.metaKey) return;
    else if (event.key === "Escape") escape(event);
    else if (event.target === box && event.key === "ArrowDown") move(event);
    else if (writes(event.target) || help.open) return;
    else if (MOVES.has(event.key)) move(event);
    else if (Object.hasOwn(KEYS, event.key)) {
      event.preventDefault();
      KEYS[event.key]();
    }
  });
}

