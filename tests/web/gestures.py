"""What a person does in the gallery, and what is seen then."""

import base64
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

TILES = "#grid > .tile"


def names(page: "Page", within: str = "#grid") -> list[str]:
    return [
        Path(str(path)).name
        for path in page.eval_on_selector_all(f"{within} > .tile", "all => all.map(t => t.dataset.path)")
    ]


def ask(page: "Page", words: str) -> None:
    page.locator("#q").fill(words)
    with page.expect_navigation(wait_until="domcontentloaded"):
        page.locator("#q").press("Enter")


def reach(page: "Page", address: str) -> None:
    page.wait_for_url(address, wait_until="domcontentloaded")


def tile(page: "Page", name: str, within: str = "#grid") -> "Locator":
    return page.locator(f'{within} > .tile[data-path$="/{name}"]')


def drop(page: "Page", data: bytes, name: str, kind: str = "image/jpeg") -> None:
    """As a person drops a file from the desktop."""
    page.evaluate(
        """([data, name, type]) => {
            const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([bytes], name, { type }));
            for (const event of ["dragover", "drop"])
                document.body.dispatchEvent(new DragEvent(event, { dataTransfer, bubbles: true, cancelable: true }));
        }""",
        [base64.b64encode(data).decode(), name, kind],
    )
