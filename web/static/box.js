// The box, its chips and its filters: what forms and links cannot do by themselves.

const box = document.getElementById("q");
const filters = document.getElementById("filters");

export function watchBox() {
  const touches = matchMedia("(hover: none)").matches; // there, a keyboard would cover half of the photos
  if (document.getElementById("grid") && !touches) box.focus({ preventScroll: true });
  box.setSelectionRange(box.value.length, box.value.length);
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Backspace" || box.selectionEnd || event.isComposing) return;
    const chip = [...document.querySelectorAll(".box .chip")].at(-1);
    if (chip && !box.value) chip.click();
  });
  const form = document.getElementById("ask");
  form.addEventListener("submit", () => {
    for (const field of form.elements) if (field.name && !field.value) field.disabled = true; // a shorter address
    document.body.classList.add("asking");
  });
  addEventListener("pageshow", () => {
    for (const field of form.elements) field.disabled = false;
    document.body.classList.remove("asking");
  });
  watchFilters();
}

function watchFilters() {
  filters.addEventListener("toggle", () => {
    if (!filters.open) return;
    suggest();
    filters.querySelector("input").focus({ preventScroll: true });
  });
  document.addEventListener("pointerdown", (event) => {
    if (filters.open && !filters.contains(event.target)) filters.open = false;
  });
}

let suggested = false;

async function suggest() {
  if (suggested) return;
  suggested = true;
  const found = await fetch("/suggestions").then(
    (answer) => (answer.ok ? answer.json() : {}),
    () => ({}),
  );
  for (const [option, values] of Object.entries(found)) {
    const choices = values.map((value) => Object.assign(document.createElement("option"), { value }));
    document.getElementById(`list-${option}`)?.replaceChildren(...choices);
  }
}
