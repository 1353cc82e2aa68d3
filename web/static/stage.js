// The picture itself: to 100 % and back, dragged when it is larger than the window, turned by a swipe.

const SWIPE = 48; // pixels
const SLIP = 4; // a hand is not quite still when it clicks

export function zoom(stage, at) {
  const image = stage.querySelector(".full");
  if (!image) return;
  const before = image.getBoundingClientRect();
  const zoomed = stage.classList.toggle("zoomed");
  if (!zoomed) {
    image.style.width = "";
    return;
  }
  const wide = Number(stage.dataset.width);
  if (stage.dataset.original && wide > image.naturalWidth && !image.dataset.whole) whole(image, stage.dataset.original);
  image.style.width = `${wide / devicePixelRatio}px`;
  if (!at) at = { clientX: before.left + before.width / 2, clientY: before.top + before.height / 2 };
  const [x, y] = within(image, before, at);
  const after = image.getBoundingClientRect();
  const box = stage.getBoundingClientRect();
  stage.scrollLeft += after.left + x * after.width - box.left - box.width / 2;
  stage.scrollTop += after.top + y * after.height - box.top - box.height / 2;
}

// Where in the picture a point lies, each from 0 to 1; it does not fill its box in both directions.
function within(image, box, at) {
  const scale = Math.min(box.width / image.width, box.height / image.height) || 1;
  const shape = Number(image.getAttribute("width")) / Number(image.getAttribute("height"));
  const width = Math.min(box.width, box.height * shape);
  const height = width / shape;
  const x = (at.clientX - box.left - (box.width - width) / 2) / width;
  const y = (at.clientY - box.top - (box.height - height) / 2) / height;
  return scale ? [Math.min(1, Math.max(0, x)), Math.min(1, Math.max(0, y))] : [0.5, 0.5];
}

// Every pixel of it, once it is here; until then the smaller one is enlarged.
function whole(image, original) {
  image.dataset.whole = "coming";
  const full = new Image();
  full.src = original;
  full.decode().then(
    () => {
      image.removeAttribute("srcset");
      image.src = original;
    },
    () => undefined,
  );
}

export function watchStage(stage, turn) {
  let from = null;
  let moved = false;
  let tapped = 0;
  let touched = false;
  stage.addEventListener("pointerdown", (event) => {
    from = { x: event.clientX, y: event.clientY, left: stage.scrollLeft, top: stage.scrollTop };
    touched = event.pointerType === "touch";
    moved = false;
  });
  stage.addEventListener("pointermove", (event) => {
    if (!from || touched) return;
    moved ||= Math.hypot(event.clientX - from.x, event.clientY - from.y) > SLIP;
    if (!moved || !stage.matches(".zoomed")) return;
    stage.classList.add("dragged");
    stage.scrollLeft = from.left - (event.clientX - from.x);
    stage.scrollTop = from.top - (event.clientY - from.y);
  });
  addEventListener("pointerup", () => {
    from = null;
    stage.classList.remove("dragged");
  });
  stage.addEventListener("click", (event) => {
    if (moved) return;
    const twice = event.timeStamp - tapped < 350;
    tapped = event.timeStamp;
    if (!touched || twice) zoom(stage, event);
  });
  watchSwipes(stage, turn);
}

function watchSwipes(stage, turn) {
  let start = null;
  stage.addEventListener(
    "touchstart",
    (event) => (start = event.touches.length === 1 && !stage.matches(".zoomed") ? event.touches[0] : null),
    { passive: true },
  );
  stage.addEventListener("touchend", (event) => {
    const end = event.changedTouches[0];
    if (!start || (visualViewport?.scale ?? 1) > 1.05) return;
    const [x, y] = [end.clientX - start.clientX, end.clientY - start.clientY];
    start = null;
    if (Math.abs(x) > SWIPE && Math.abs(x) > 2 * Math.abs(y)) turn(x < 0 ? 1 : -1);
  });
}
