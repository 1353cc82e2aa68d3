// The photos: how they appear, how more of them come as one scrolls, and how bursts open.

import { fragment } from "./asked.js";

const AHEAD = "1600px"; // how far below the window the next page is fetched

const grid = document.getElementById("grid");

export const tiles = () => [...(grid?.querySelectorAll(":scope > .tile") ?? [])];
export const tileOf = (number) => grid?.querySelector(`:scope > .tile[data-number="${number}"]`);

// Pictures in the document fade in when they arrive; those that are here already do not.
export function arrive(roots) {
  for (const root of roots) {
    for (const image of root.querySelectorAll?.("img") ?? []) if (!image.complete) image.classList.add("coming");
  }
}

function gone(image) {
  if (image.matches(".stage .quick")) return; // the full one says it
  image.closest(".tile, .stage")?.classList.add("gone");
  const away = image.closest(".stage")?.querySelector(".away");
  if (away) away.hidden = false;
}

export function watchGrid() {
  document.addEventListener("load", (event) => event.target.classList?.remove("coming"), true);
  document.addEventListener("error", (event) => event.target.matches?.("img") && gone(event.target), true);
  arrive([document]);
  for (const image of document.images) if (image.complete && !image.naturalWidth) gone(image); // before this ran
  document.addEventListener("click", (event) => {
    const burst = event.target.closest(".burst");
    if (burst) toggleBurst(burst);
  });
  follow();
}

// -- the next page

const near = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && more(), { rootMargin: AHEAD });
let coming = false;

function follow() {
  const link = grid?.querySelector("a[rel=next]");
  if (!link) return;
  near.observe(link);
  link.addEventListener("click", (event) => {
    event.preventDefault();
    more();
  });
}

// Says "more" on the document when they are there.
export async function more() {
  const link = grid?.querySelector("a[rel=next]");
  if (!link || coming) return;
  coming = true;
  near.unobserve(link);
  const page = await fragment(link.href);
  coming = false;
  if (!page) {
    link.textContent = "More photos could not be fetched: try again";
    return;
  }
  join(page);
  const fresh = [...page.children];
  const row = link.closest(".further");
  row.previousElementSibling?.remove(); // what filled the last row
  row.replaceWith(page);
  arrive(fresh);
  follow();
  document.dispatchEvent(new Event("more"));
}

// A page says again which months it begins in, and where the less likely ones begin.
function join(page) {
  const heading = page.querySelector(".heading");
  const last = [...grid.querySelectorAll(":scope > .heading")].at(-1);
  if (!heading) return;
  const guesses = heading.matches(".less");
  if (guesses ? !last && tiles().at(-1).dataset.verdict !== "weak" : last && last.dataset.oldest !== heading.dataset.newest) return;
  if (!guesses && last && heading.dataset.oldest !== last.dataset.oldest) lengthen(last, heading.dataset.oldest);
  heading.previousElementSibling?.remove();
  heading.remove();
}

function lengthen(heading, oldest) {
  const newest = heading.dataset.newest;
  heading.dataset.oldest = oldest;
  const year = newest.slice(-5);
  const since = oldest.endsWith(year) ? oldest.slice(0, -year.length) : oldest;
  heading.querySelector("h2").textContent = `${since} – ${newest}`;
}

// -- bursts

export async function toggleBurst(button) {
  const tile = button.closest(".tile");
  const open = button.getAttribute("aria-expanded") === "true";
  button.setAttribute("aria-expanded", String(!open));
  if (open) {
    for (const one of tile.parentElement.querySelectorAll(`[data-burst="${tile.dataset.number}"]`)) one.remove();
    tile.classList.remove("unfolded");
    return;
  }
  const page = await fragment(button.dataset.folded);
  const found = [...(page?.querySelectorAll(".tile") ?? [])];
  for (const one of found) {
    one.dataset.burst = tile.dataset.number;
    one.classList.add("unfolded");
  }
  tile.classList.add("unfolded");
  tile.after(...found);
  arrive(found);
}

// -- by keys: the tile that lies in a direction of another

export function neighbour(tile, key) {
  const all = [...tile.parentElement.querySelectorAll(":scope > .tile")];
  const place = all.indexOf(tile);
  if (key === "ArrowRight") return all[place + 1];
  if (key === "ArrowLeft") return all[place - 1];
  if (key === "Home") return all[0];
  if (key === "End") return all.at(-1);
  const down = key === "ArrowDown";
  const own = tile.getBoundingClientRect();
  const middle = (own.left + own.right) / 2;
  let best, row;
  for (const one of down ? all.slice(place + 1) : all.slice(0, place).reverse()) {
    const box = one.getBoundingClientRect();
    if (Math.abs(box.top - own.top) < 2) continue;
    row ??= box.top;
    if (Math.abs(box.top - row) >= 2) break;
    const far = Math.abs((box.left + box.right) / 2 - middle);
    if (!best || far < best.far) best = { one, far };
  }
  return best?.one;
}
