"""`make demo`: pics at work on pictures drawn here, in a library of its own below `.demo/`.

The model has random weights, so words find nothing in particular; pictures find pictures that look alike.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from PIL import Image, ImageDraw

from tests.random_checkpoint import write

REPOSITORY = Path(__file__).resolve().parents[1]
FOLDER = REPOSITORY / ".demo"
COLOURS = ("crimson", "seagreen", "royalblue", "gold", "sienna", "orchid")
SHAPES = ("circle", "square", "stripes", "hills")
COMMANDS = (
    "pics index .demo/pictures --model .demo/random-clip",
    'pics search "a gold circle" -n 3',
    "pics similar .demo/pictures/gold-hills.jpg -n 3",
    "pics similar .demo/pictures/gold-hills.jpg -n 1 --json",
    "pics errors",
)


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    draw_pictures(FOLDER / "pictures")
    write(FOLDER / "random-clip")
    print("A model with random weights and drawn pictures: this shows the machinery, not the finding.\n")
    for command in COMMANDS:
        print(f"$ {command}", flush=True)
        run(command)
        print(flush=True)


def run(command: str) -> None:
    """Runs a `pics` command line as a person would, but in the demo's own library."""
    program = Path(sys.executable).with_name("pics")
    environment = os.environ | {"PICS_HOME": str(FOLDER / "home"), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        f"'{program}' {command.removeprefix('pics ')}", shell=True, cwd=REPOSITORY, env=environment, check=False
    )
    if done.returncode not in (0, 3):
        sys.exit(done.returncode)


def draw_pictures(folder: Path) -> None:
    """Each shape in each colour, one of them copied, one turned by EXIF, one broken."""
    folder.mkdir(parents=True)
    for colour in COLOURS:
        for shape in SHAPES:
            picture(shape, colour).save(folder / f"{colour}-{shape}.jpg", quality=92)
    shutil.copy(folder / "gold-hills.jpg", folder / "copy of gold-hills.jpg")
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn me right by a quarter"
    turned = picture("hills", "gold").transpose(Image.Transpose.ROTATE_90)
    turned.save(folder / "gold-hills-turned.jpg", quality=92, exif=exif)
    (folder / "broken.jpg").write_text("the picture that was here has been overwritten")


def picture(shape: str, colour: str) -> Image.Image:
    """One shape on a pale ground, 480 x 360."""
    image = Image.new("RGB", (480, 360), "ghostwhite")
    pen = ImageDraw.Draw(image)
    match shape:
        case "circle":
            pen.ellipse((140, 80, 340, 280), fill=colour)
        case "square":
            pen.rectangle((100, 60, 380, 300), fill=colour)
        case "stripes":
            for left in range(0, 480, 80):
                pen.rectangle((left, 0, left + 40, 360), fill=colour)
        case "hills":
            pen.polygon([(0, 360), (0, 260), (140, 120), (260, 250), (360, 160), (480, 300), (480, 360)], fill=colour)
    return image


if __name__ == "__main__":
    main()
