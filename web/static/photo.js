// One photo large, over the grid it was opened from: Back closes it, and its address can be kept.

import { fragment } from "./asked.js";
import { arrive, more, tileOf, tiles } from "./grid.js";
import { watchStage } from "./stage.js";

const EDGE = 12; // photos from the end of the grid, where the next page is fetched
const dialog = document.getElementById("photo");
const shown = dialog?.querySelector(".shown");
const title = document.title;
let list = null; // the addresses among which one turns pages, where that is not the grid
const addresses = () => list ?? tiles().map((tile) => tile.querySelector("a.open").href);
let latest = 0;

export const current = () => document.querySelector(".one[data-number]");
export const isOpen = () => Boolean(dialog?.open);

// -- opening, turning, closing

function open(link) {
  const within = link.closest(".strip ol");
  list = within && [...within.querySelectorAll("a.open")].map((one) => one.href);
  const depth = history.state?.depth ?? 0;
  history.pushState({ depth: depth + 1 }, "", link.href);
  show(link.href, link.querySelector("img"));
}

export function close() {
  if (history.state?.depth) history.go(-history.state.depth);
  else shut(); // its address was opened, and the grid is not behind it
}

export function turn(step) {
  const links = addresses();
  const place = links.indexOf(location.href);
  const next = links[place + step];
  if (place < 0 || !next) return;
  history.replaceState(history.state, "", next);
  show(next, list ? null : tiles()[place + step].querySelector("img"));
}

// The small picture is there at once; what is known of it follows.
async function show(href, small) {
  const turning = ++latest;
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  if (small?.currentSrc) await quick(small);
  const page = await (ahead.href === href ? ahead.page : fragment(href));
  ahead = {};
  if (turning !== latest) return; // one has turned further meanwhile
  if (!page) {
    shown.textContent = "This photo cannot be shown: is pics still running?";
    return;
  }
  if (small?.currentSrc) page.querySelector(".quick").src = small.currentSrc;
  shown.replaceChildren(page);
  shown.focus({ preventScroll: true }); // what had it may be gone
  const one = current();
  document.title = `${one.dataset.title} · pics`;
  settle(one);
  ends();
  one.querySelector(".full").decode().then(fetchAhead, () => undefined);
}

// The one that a key would show next is fetched while this one is looked at.
let ahead = {};

function fetchAhead() {
  const links = addresses();
  const href = links[links.indexOf(location.href) + 1];
  if (!dialog.open || !href || links[0] === href || ahead.href === href) return;
  ahead = { href, page: fragment(href) };
  ahead.page.then((page) => {
    const full = page?.querySelector(".full");
    if (full) Object.assign(new Image(), { sizes: full.sizes, srcset: full.srcset });
  });
}

function quick(small) {
  const stage = document.createElement("figure");
  const image = document.createElement("img");
  stage.className = "stage";
  image.className = "quick";
  image.src = small.currentSrc;
  image.alt = "";
  stage.append(image);
  const one = document.createElement("div");
  one.className = "waiting one";
  one.append(stage);
  shown.replaceChildren(one);
  return image.decode().catch(() => undefined);
}

function ends() {
  const links = addresses();
  const place = links.indexOf(location.href);
  dialog.querySelector(".previous").disabled = place <= 0;
  dialog.querySelector(".next").disabled = place < 0 || place === links.length - 1;
  if (!list && place > links.length - EDGE) more();
}

function shut() {
  latest += 1;
  const number = current()?.dataset.number;
  dialog.close();
  shown.replaceChildren();
  document.title = title;
  const tile = number && tileOf(number);
  if (!tile) return;
  tile.querySelector("a.open").focus({ preventScroll: true });
  tile.scrollIntoView({ block: "nearest" });
}

// -- what is below: a burst, similar photos, loaded when they are about to be seen

const strips = new IntersectionObserver(
  (seen) => seen.filter((one) => one.isIntersecting).forEach((one) => fill(one.target)),
  { rootMargin: "300px" },
);

async function fill(strip) {
  strips.unobserve(strip);
  const page = await fragment(strip.dataset.load);
  strip.hidden = !page?.querySelector(".tile");
  if (!page) return;
  strip.querySelector("ol").replaceChildren(page);
  arrive([strip]);
}

export function settle(one) {
  arrive([one]);
  watchStage(one.querySelector(".stage"), turn);
  const below = () => one.querySelectorAll("[data-load]").forEach((strip) => strips.observe(strip));
  one.querySelector(".full").decode().then(below, below); // the picture first
}

export function info() {
  (dialog?.open ? dialog : document.body).classList.toggle("bare");
}

export function watchPhoto() {
  if (!dialog) {
    if (current()) settle(current()); // a page of its own
    return;
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.open");
    if (!link || event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    open(link);
  });
  const deeds = { close, info, previous: () => turn(-1), next: () => turn(1) };
  dialog.addEventListener("click", (event) => deeds[event.target.closest("[data-do]")?.dataset.do]?.());
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    close();
  });
  document.addEventListener("more", () => dialog.open && ends());
  addEventListener("popstate", () => {
    list = null;
    if (location.pathname.startsWith("/photos/")) show(location.href);
    else if (dialog.open) shut();
  });
  if (history.state?.depth) history.replaceState(null, ""); // reloaded: what was behind it is gone
}
