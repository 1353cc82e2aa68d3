// A picture to search by: dropped anywhere, pasted, or chosen.

import { added, go } from "./asked.js";
import { say } from "./deeds.js";

const trouble = document.getElementById("trouble");
const overlay = document.getElementById("drop");

function complain(sentence) {
  document.body.classList.remove("asking");
  if (document.querySelector("dialog[open]")) say(sentence);
  trouble.textContent = sentence;
  trouble.hidden = false;
}

async function search(file) {
  const most = Number(document.body.dataset.mostBytes);
  if (file.size > most) return complain(`${file.name}: larger than the ${most / 1e6} MB that a picture may have here`);
  trouble.hidden = true;
  document.body.classList.add("asking");
  try {
    const answer = await fetch("/uploads", { method: "POST", body: file });
    const said = await answer.json();
    if (answer.ok) go(added("like", [said.like]));
    else complain(said.error);
  } catch {
    complain("The picture could not be sent: is pics still running?");
  }
}

const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");

export function watchDrops() {
  addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    overlay.togglePopover(true); // above a photo that is open, too
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) overlay.togglePopover(false); // out of the window
  });
  addEventListener("drop", (event) => {
    overlay.togglePopover(false);
    if (!holdsFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer.files[0]) search(event.dataTransfer.files[0]);
  });
  addEventListener("paste", (event) => {
    const file = event.clipboardData?.files[0];
    if (!file) return; // words go where they are pasted
    event.preventDefault();
    search(file);
  });
  const [button, chosen] = [document.getElementById("choose"), document.getElementById("file")];
  button.hidden = false;
  button.addEventListener("click", () => chosen.click());
  chosen.addEventListener("change", () => chosen.files[0] && search(chosen.files[0]));
}
