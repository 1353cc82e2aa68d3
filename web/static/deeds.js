// Copying, revealing, and the short sentence that says it was done.

let fading;

export function say(sentence) {
  const toast = document.getElementById("toast");
  (document.querySelector("dialog[open]") ?? document.body).append(toast); // a dialog lies over all that is not in it
  toast.textContent = sentence;
  toast.hidden = false;
  clearTimeout(fading);
  fading = setTimeout(() => (toast.hidden = true), 2600);
}

export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copyByHand(text);
  }
  say(what);
}

// Over plain http from another machine, browsers give no clipboard.
function copyByHand(text) {
  const area = document.createElement("textarea");
  area.value = text;
  const focused = document.activeElement;
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
  focused?.focus();
}

export function copyPaths(paths) {
  copy(paths.join("\n"), paths.length === 1 ? "Path copied" : `${paths.length} paths copied`);
}

async function reveal(address) {
  const answer = await fetch(address, { method: "POST" }).catch(() => null);
  if (!answer?.ok) say((await answer?.json().catch(() => null))?.error ?? "pics does not answer; is it still running?");
}

export function watchDeeds() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy], [data-reveal], [data-do=help]");
    if (button?.dataset.copy) copy(button.dataset.copy, "Copied");
    else if (button?.dataset.reveal) reveal(button.dataset.reveal);
    else if (button) document.getElementById("help").showModal();
  });
  for (const button of document.querySelectorAll("[data-do=help]")) button.hidden = false;
}
