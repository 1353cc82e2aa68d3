"""The gallery by hand: several photos chosen, by keys alone, by touch, on small screens, in the dark."""

from pathlib import Path

import pytest

from indexer.build import build
from indexer.store.library import Library
from tests.indexer.organize.renderings import render
from tests.web.conftest import NO_BROWSER, Complaints, Gallery, Look, executable, taken
from tests.web.gestures import TILES, ask, names, reach, tile

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
pytestmark = pytest.mark.skipif(executable() is None, reason=NO_BROWSER)

# -- several


def test_several_are_chosen_and_more_like_them_are_shown(look: Look) -> None:
    page = look("/?q=penguin&on=2021")
    for name in ("penguin 1.jpg", "penguin 2.jpg"):
        tile(page, name).hover()
        tile(page, name).locator(".pick").check()
    expect(page.locator("#picked .count")).to_have_text("2 photos")
    page.locator("#picked .main").click()
    reach(page, "**/?more=*&more=*")
    assert page.locator(".chip.more img").count() == 2
    assert "penguin" in " ".join(names(page)[:3])
    ask(page, "snow")  # and something besides
    assert page.locator(".chip.like").count() == 2


def test_shift_chooses_a_range_and_escape_none(look: Look) -> None:
    page = look("/?on=2021")
    page.locator(f"{TILES} .pick").nth(1).check()
    page.locator(f"{TILES} .pick").nth(4).click(modifiers=["Shift"])
    expect(page.locator("#picked .count")).to_have_text("4 photos")
    page.keyboard.press("Escape")
    expect(page.locator("#picked")).not_to_be_visible()


# -- by keys alone


def test_the_keyboard_alone_leads_from_words_to_similar_photos(look: Look) -> None:
    page = look()
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("penguin")
    page.keyboard.press("Enter")
    reach(page, "**/?q=penguin")
    page.keyboard.press("ArrowDown")
    expect(page.locator(f"{TILES} a.open").first).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    top = "() => document.activeElement.closest('.tile').getBoundingClientRect().top"
    assert page.evaluate(top) > page.locator(TILES).first.evaluate("tile => tile.getBoundingClientRect().top") + 50
    page.keyboard.press("ArrowUp")
    focused = str(page.evaluate("document.activeElement.closest('.tile').dataset.number"))
    page.keyboard.press("Enter")
    expect(page.locator(".one")).to_have_attribute("data-number", focused)
    page.keyboard.press("ArrowRight")
    expect(page.locator(".one")).not_to_have_attribute("data-number", focused)
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".one")).to_have_attribute("data-number", focused)
    page.keyboard.press("s")
    reach(page, f"**/?like={focused}")


def test_keys_choose_copy_list_themselves_and_lead_to_the_box(look: Look) -> None:
    page = look("/?on=2021")
    page.keyboard.press("Escape")
    page.keyboard.press("x")
    expect(page.locator("#picked .count")).to_have_text("1 photo")
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).not_to_be_visible()
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("m")
    reach(page, "**/?more=*")


# -- screens, and what goes on meanwhile


def test_a_narrow_window_is_never_too_narrow(look: Look, served: Gallery) -> None:
    page = look("/api", width=320, height=640, is_mobile=True, has_touch=True)
    for path in ("/api", f"/photos/{served.number('burst/shot 1.jpg')}", "/?q=penguin&place=Atlantis", "/"):
        page.goto(served.address + path, wait_until="domcontentloaded")
        assert page.evaluate("document.documentElement.scrollWidth") == 320
    expect(page.locator("#q")).not_to_be_focused()  # a keyboard would cover the photos
    page.locator(f"{TILES} a.open").first.tap()
    page.locator(".one .facts").wait_for()
    assert page.locator("#photo").evaluate("dialog => dialog.scrollWidth") == 320


def test_it_is_dark_where_the_system_is(look: Look) -> None:
    page = look("/api")
    back = "getComputedStyle(document.body).backgroundColor"
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(back) == "rgb(19, 19, 20)"
    page.emulate_media(color_scheme="light")
    assert page.evaluate(back) == "rgb(245, 245, 246)"


def test_on_a_touch_screen_a_long_press_chooses_and_a_swipe_turns_pages(look: Look) -> None:
    page = look("/?on=2021", width=390, has_touch=True, is_mobile=True)
    first, second = page.locator(TILES).nth(0), page.locator(TILES).nth(1)
    first.locator("a.open").dispatch_event("pointerdown", {"pointerType": "touch", "bubbles": True})
    expect(page.locator("#picked .count")).to_have_text("1 photo")
    first.locator("a.open").dispatch_event("click", {"pointerType": "touch", "bubbles": True})  # the finger goes up
    second.locator("a.open").tap()
    expect(page.locator("#picked .count")).to_have_text("2 photos")
    page.locator("#picked [data-do=clear]").tap()
    first.locator("a.open").tap()
    number = str(second.get_attribute("data-number"))
    page.locator(".one .facts").wait_for()
    page.locator(".one .stage").evaluate(
        """(target) => {
            const at = (clientX) => [new Touch({ identifier: 1, target, clientX, clientY: 200 })];
            target.dispatchEvent(new TouchEvent("touchstart", { touches: at(300) }));
            target.dispatchEvent(new TouchEvent("touchend", { changedTouches: at(100) }));
        }"""
    )
    expect(page.locator(".one")).to_have_attribute("data-number", number)


def test_an_index_that_goes_on_is_seen_and_its_photos_are_announced(
    look: Look, served: Gallery, tmp_path: Path
) -> None:
    taken(render("cat", 777), tmp_path / "new.jpg", "2020:01:01 00:00:00")
    with Library(served.home) as library:
        with library.writing():
            library.tell("index", 1200, 4800)
            page = look()
            expect(page.locator("#progress")).to_contain_text("Indexing: 1,200 of 4,800")
            assert page.locator("#progress progress").evaluate("bar => bar.value / bar.max") == 0.25
        build(library, served.model, [str(tmp_path)])
    expect(page.locator(".fresh")).to_have_text("1 new photo · show")
    assert page.locator("#progress progress").is_hidden()
    page.locator(".fresh").click()
    expect(page.locator("#progress")).to_be_hidden()


def test_the_api_is_described_with_an_example_of_each_operation(look: Look) -> None:
    page = look("/api")
    operations = page.locator("section h2").all_inner_texts()
    assert "GET /api/search" in operations
    assert page.locator("section pre").count() == len(operations)
    expect(page.locator("#get-api-search")).to_contain_text("Taken then or later")
    page.locator("nav a", has_text="/api/embed/text").click()
    expect(page.locator("#post-api-embed-text")).to_be_in_viewport()


def test_an_address_that_leads_nowhere_says_so(look: Look, complaints: Complaints) -> None:
    complaints.bears("404 (Not Found)")
    page = look("/photos/999999")
    expect(page.locator(".nothing")).to_contain_text("the library has no such picture")
