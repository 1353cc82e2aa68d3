"""The gallery in a browser: asked, looked through, one photo looked at, pictures dropped at it."""

import re
from pathlib import Path

import pytest

from demo.tour import ALBUM
from tests.web.conftest import GONE, LONG, NO_BROWSER, SCRIPT, Complaints, Gallery, Look, executable
from tests.web.gestures import TILES, ask, drop, names, reach, tile

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
pytestmark = pytest.mark.skipif(executable() is None, reason=NO_BROWSER)

# -- asking


def test_words_in_the_box_bring_the_pictures_that_show_them(look: Look) -> None:
    page = look()
    ask(page, "penguin")
    assert page.url.endswith("/?q=penguin")
    assert all("penguin" in name or "shot" in name for name in names(page)[:5])
    expect(page.locator("#q")).to_have_value("penguin")


def test_a_typed_option_becomes_a_chip_and_backspace_takes_it_away(look: Look) -> None:
    page = look()
    ask(page, "penguin --on 2021-07 --camera x-t3")
    expect(page.locator("#q")).to_have_value("penguin")
    assert page.locator(".chip span:first-of-type").all_inner_texts() == ["2021-07", "x-t3"]
    assert all(name.startswith("penguin ") for name in names(page))
    page.locator("#q").fill("")
    page.keyboard.press("Backspace")
    reach(page, "**/?on=2021-07&q=penguin")
    page.locator(".chip.on").click()
    reach(page, "**/?q=penguin")
    assert page.locator(".chip").count() == 0


def test_what_cannot_be_meant_is_said_where_one_is(look: Look, complaints: Complaints) -> None:
    complaints.bears("400 (Bad Request)")
    page = look()
    ask(page, "penguin --on July")
    expect(page.locator("#trouble")).to_contain_text("is no date")
    expect(page.locator("#q")).to_have_value("penguin --on July")


def test_filters_are_suggested_and_write_the_same_question(look: Look) -> None:
    page = look("/?q=penguin")
    page.locator("#filters summary").click()
    expect(page.locator("#list-camera option")).to_have_count(1)
    expect(page.locator("#list-camera option")).to_have_attribute("value", "X-T3")
    page.locator("#f-on").fill("2022")
    page.locator("#f-shape").select_option("landscape")
    page.locator(".panel .main").click()
    reach(page, "**/?q=penguin&on=2022&shape=landscape")
    assert page.locator(".chip span:first-of-type").all_inner_texts() == ["2022", "landscape"]
    assert names(page)[0].startswith("shot")


def test_filters_work_without_javascript(look: Look) -> None:
    page = look("/?q=penguin", java_script_enabled=False)
    page.locator("#filters summary").click()
    page.locator("#f-on").fill("2022")
    page.locator(".panel .main").click()
    assert page.locator(".chip.on").count() == 1
    assert page.locator(TILES).count() == 4
    page.locator(f"{TILES} a.open").first.click()
    expect(page.locator(".one .facts")).to_contain_text("X-T3")
    expect(page.locator(".one .why")).to_contain_text("picture")


def test_where_nothing_is_found_it_is_said_what_to_do(look: Look) -> None:
    page = look("/?q=penguin&place=Atlantis")
    expect(page.locator(".nothing")).to_contain_text("Take away one of the filters")
    page = look("/?q=penguin&min=strong&on=2022-04")
    expect(page.locator(".nothing")).to_contain_text("at least strong")


# -- looking through


def test_the_newest_come_in_months_and_more_of_them_as_one_scrolls(look: Look) -> None:
    page = look()
    assert names(page)[0].startswith("shot")
    expect(page.locator(".heading h2").first).to_contain_text("2022")
    assert page.locator(TILES).count() == 60
    page.mouse.wheel(0, 100_000)
    expect(page.locator(TILES).nth(60)).to_be_attached()
    for _ in range(4):
        page.mouse.wheel(0, 100_000)
        page.wait_for_timeout(150)
    expect(page.locator(".end")).to_contain_text("That is all")
    found = names(page)
    assert len(found) == len(set(page.eval_on_selector_all(TILES, "all => all.map(t => t.dataset.path)")))
    headings = page.locator(".heading h2").all_inner_texts()
    assert headings[-1].endswith("2019")
    assert len(headings) == len(set(headings))


def test_the_less_likely_ones_are_told_from_the_others(look: Look) -> None:
    page = look("/?q=penguin")
    verdicts = page.eval_on_selector_all(TILES, "all => all.map(t => t.dataset.verdict)")
    assert verdicts[0] in ("strong", "likely")
    assert "weak" in verdicts
    expect(page.locator(".heading")).to_have_count(1)
    after = page.locator(".heading.less + .tile")
    expect(after).to_have_attribute("data-verdict", "weak")


def test_rows_are_filled_and_nothing_moves_when_pictures_arrive(look: Look) -> None:
    page = look("/?q=penguin", width=1000)
    boxes = """all => all.slice(0, 6).map((tile) => {
        const box = tile.getBoundingClientRect();
        return [box.left, box.top, box.right, box.bottom].map(Math.round);
    })"""
    before = page.eval_on_selector_all(TILES, boxes)
    page.wait_for_load_state("networkidle")
    assert page.eval_on_selector_all(TILES, boxes) == before
    rows = {box[1]: max(other[2] for other in before if other[1] == box[1]) for box in before[:3]}
    edge = page.evaluate("document.getElementById('grid').getBoundingClientRect().right")
    assert all(abs(right - edge) <= 2 for right in rows.values())
    assert page.locator(f"{TILES} img").first.evaluate("image => image.naturalWidth > 0 && !image.matches('.coming')")


def test_a_burst_opens_in_its_place_and_closes_again(look: Look) -> None:
    page = look()
    badge = page.locator(".burst").first
    assert badge.inner_text() == "+4"
    badge.click()
    expect(page.locator(".tile[data-burst]")).to_have_count(4)
    assert sorted(names(page)[:5]) == [f"shot {number}.jpg" for number in range(5)]
    expect(page.locator(".tile[data-burst] img").first).not_to_have_class("coming")
    assert page.locator(".tile[data-burst].gone").count() == 0
    badge.click()
    expect(page.locator(".tile[data-burst]")).to_have_count(0)


def test_a_photo_whose_file_is_gone_keeps_its_place_and_its_name(look: Look) -> None:
    page = look("/?on=2022-04")
    expect(tile(page, GONE)).to_have_class(re.compile("gone"))
    expect(tile(page, GONE).locator(".name")).to_have_css("opacity", "1")
    tile(page, GONE).click()
    expect(page.locator(".stage .away")).to_contain_text("not there now")
    assert page.locator(".one [href$=original]").count() == 0


def test_names_are_shown_as_they_are_and_never_run(look: Look) -> None:
    page = look("/?on=2022-04", width=360)
    for name in (SCRIPT, LONG):
        one = page.locator(f"{TILES} .name", has_text=name.strip()[:20])
        one.locator("xpath=../..").locator("a.open").click(force=True)
        expect(page.locator(".one h1")).to_have_text(name)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.locator(".one .stage .full").evaluate("image => image.getAttribute('alt').includes('2022')")
        page.keyboard.press("Escape")
        expect(page.locator("#photo")).not_to_be_visible()


# -- one photo


def test_a_click_shows_one_with_what_is_known_of_it_and_back_closes_it(look: Look) -> None:
    page = look("/?q=penguin&on=2021")
    tile(page, "penguin 3.jpg").click()
    expect(page.locator("#photo")).to_be_visible()
    assert re.search(r"/photos/\d+\?on=2021&q=penguin$", page.url)
    expect(page.locator(".facts h1")).to_have_text("penguin 3.jpg")
    expect(page.locator(".facts .why")).to_contain_text("picture")
    for known in ("Saturday 3 July 2021, 10:30", "X-T3", "320 × 240", "JPEG", "/2021/"):
        expect(page.locator(".facts")).to_contain_text(known)
    assert page.title() == "penguin 3.jpg · pics"
    page.go_back()
    expect(page.locator("#photo")).not_to_be_visible()
    assert page.url.endswith("/?q=penguin&on=2021")
    expect(tile(page, "penguin 3.jpg").locator("a.open")).to_be_focused()


def test_similar_photos_are_below_and_one_leads_to_the_next(look: Look) -> None:
    page = look("/?q=penguin&on=2021")
    tile(page, "penguin 3.jpg").click()
    similar = page.locator(".strip[data-load$=similar] ol > .tile")
    page.locator(".strip[data-load$=similar]").scroll_into_view_if_needed()
    expect(similar.first).to_be_visible()
    first = str(similar.first.get_attribute("data-path"))
    assert "penguin" in first or "shot" in first
    similar.first.click()
    expect(page.locator(".facts h1")).to_have_text(Path(first).name)
    page.locator("[data-do=close]").click()  # both of them
    expect(page.locator("#photo")).not_to_be_visible()
    assert page.url.endswith("/?q=penguin&on=2021")


def test_one_turns_from_photo_to_photo_beyond_the_page_that_was_there(look: Look) -> None:
    page = look()
    page.locator(f"{TILES} a.open").nth(59).click()
    page.locator(".one .facts").wait_for()
    last = page.locator(".one").get_attribute("data-number")
    expect(page.locator(TILES).nth(60)).to_be_attached()
    page.locator("[data-do=next]").click()
    expect(page.locator(".one")).not_to_have_attribute("data-number", str(last))
    page.locator("[data-do=previous]").click()
    expect(page.locator(".one")).to_have_attribute("data-number", str(last))
    page.go_back()
    expect(page.locator("#photo")).not_to_be_visible()
    expect(page.locator(TILES).nth(59)).to_be_in_viewport()


def test_an_address_of_a_photo_is_a_page_of_its_own(look: Look, served: Gallery) -> None:
    page = look(f"/photos/{served.number('burst/shot 1.jpg')}")
    expect(page.locator(".facts h1")).to_have_text("shot 1.jpg")
    expect(page.locator(".strip[data-load$=similar] .tile").first).to_be_visible()
    page.locator(".strip[data-load$=similar] .tile a.open").first.click()
    reach(page, "**/photos/*?like=*")
    page.keyboard.press("Escape")
    reach(page, "**/?like=*")


def test_a_click_on_it_shows_every_pixel_and_another_all_of_it(look: Look) -> None:
    page = look("/?on=2021")
    page.locator(f"{TILES} a.open").first.click()
    stage, full = page.locator(".stage"), page.locator(".stage .full")
    expect(full).not_to_have_class(re.compile("coming"))
    stage.click()
    assert full.evaluate("image => image.getBoundingClientRect().width") == 320
    page.keyboard.press("z")
    assert full.evaluate("image => image.getBoundingClientRect().width") > 320


def test_the_path_is_copied_also_where_a_browser_gives_no_clipboard(look: Look) -> None:
    page = look("/?on=2021")
    page.evaluate(
        """() => {
            Object.defineProperty(navigator, "clipboard", { value: undefined });
            document.addEventListener("copy", () => (window.copied = document.activeElement.value));
        }"""
    )
    page.locator(f"{TILES} a.open").first.click()
    page.locator(".path").wait_for()
    page.locator("dt [data-copy]").click()
    expect(page.locator("#toast")).to_have_text("Copied")
    assert page.evaluate("window.copied") == page.locator(".one").get_attribute("data-path")


# -- by a picture


def test_a_dropped_file_is_searched_by_beside_what_is_asked(look: Look) -> None:
    page = look("/?on=2021")
    drop(page, (ALBUM / "pizza.jpg").read_bytes(), "pizza.jpg")
    reach(page, "**/?on=2021&like=upload-*")
    assert all(name.startswith("pizza") for name in names(page)[:3])
    assert page.locator(".chip.like img").evaluate("image => image.decode().then(() => image.naturalWidth > 0)")


def test_a_pasted_picture_is_searched_by(look: Look) -> None:
    page = look()
    page.evaluate(
        """async () => {
            const file = await fetch("/api/photos/1/thumbnail").then((answer) => answer.blob());
            const clipboardData = new DataTransfer();
            clipboardData.items.add(new File([file], "image.png", { type: "image/jpeg" }));
            const pasted = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
            document.getElementById("q").dispatchEvent(pasted);
        }"""
    )
    reach(page, "**/?like=upload-*")
    assert page.locator(TILES).first.get_attribute("data-number") == "1"


def test_a_chosen_file_is_searched_by_and_one_that_is_no_picture_is_said_to_be_none(
    look: Look, complaints: Complaints
) -> None:
    complaints.bears("400 (Bad Request)")
    page = look()
    page.locator("#file").set_input_files({"name": "letter.txt", "mimeType": "text/plain", "buffer": b"Dear all"})
    expect(page.locator("#trouble")).to_contain_text("the picture that was sent")
    page.locator("#file").set_input_files(str(ALBUM / "pizza.jpg"))
    reach(page, "**/?like=upload-*")
    assert names(page)[0] == "pizza.jpg"
