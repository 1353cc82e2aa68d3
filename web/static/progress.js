// How far an index is that goes on meanwhile. What it finds is announced, and moves nothing that is being looked at.

const OFTEN = 2000; // milliseconds, while something is written
const SELDOM = 20000;
const DOING = {
  scan: "Looking for photos",
  index: "Indexing",
  inform: "Reading what photos say of themselves",
  complete: "Looking at photos with another model",
  words: "Learning words",
  tag: "Tagging",
  compare: "Looking for duplicates",
  look: "Comparing pairs",
};

const place = document.getElementById("progress");
let timer;

async function ask() {
  clearTimeout(timer);
  if (document.hidden) return;
  const status = await fetch("/api/status").then(
    (answer) => (answer.ok ? answer.json() : null),
    () => null,
  );
  if (status) show(status);
  timer = setTimeout(ask, status?.writing ? OFTEN : SELDOM);
}

function show({ writing, photos }) {
  const bar = place.querySelector("progress");
  const fresh = place.querySelector(".fresh");
  const more = photos - Number(place.dataset.photos);
  place.hidden = !writing && more <= 0;
  bar.hidden = !writing;
  place.querySelector("span").textContent = writing ? sentence(writing) : "";
  if (writing?.total) Object.assign(bar, { max: writing.total, value: writing.done });
  else bar.removeAttribute("value");
  fresh.hidden = more <= 0;
  fresh.textContent = `${more.toLocaleString("en")} new ${more === 1 ? "photo" : "photos"} · show`;
}

function sentence({ stage, done, total }) {
  const numbers = [done, total].filter(Boolean).map((one) => one.toLocaleString("en"));
  return `${DOING[stage] ?? "Working on the library"}${numbers.length ? `: ${numbers.join(" of ")}` : " …"}`;
}

export function watchStatus() {
  if (!place) return;
  document.addEventListener("visibilitychange", ask);
  ask();
}
