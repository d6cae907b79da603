"""Custom layouts against a browser: the same stylesheet, the same elements, the same boxes."""

import json
from collections.abc import Sequence

import pytest
from playwright.async_api import Page

from reelroom.layouts.arrange import Tile
from reelroom.layouts.boxes import Box
from reelroom.layouts.css.flow import flow
from reelroom.layouts.css.stylesheet import UNIT, parse
from reelroom.layouts.custom import arrange_by
from tests.e2e.pages import chromium
from tests.stylesheets import CASES, Case, random_case

NEAR = 2.0  # pixels: edges are at even ones
STEP = 40  # pixels between the points at which it is asked who is on top
SEEDS = range(150)

# Lines have no height of their own in a film, and its size is not the stylesheet's to say.
PAGE = """<!doctype html>
<style>html, body {{ margin: 0 }} archive {{ display: block }}
stream {{ display: block; margin: 0; pointer-events: auto }}
{sheet}
archive {{ position: relative !important; margin: 0 !important; overflow: hidden !important;
  font-size: 0; line-height: 0; isolation: isolate; pointer-events: none;
  width: {width}px !important; height: {height}px !important }}</style>
<archive class="container">{streams}</archive>"""
ASK = """step => {
  const streams = [...document.querySelectorAll("stream")];
  const boxes = streams.map(each => each.getBoundingClientRect())
    .map(box => [box.left, box.top, box.right, box.bottom]);
  const { width, height } = document.querySelector("archive").getBoundingClientRect();
  const tops = [];
  for (let y = step / 2; y < height; y += step)
    for (let x = step / 2; x < width; x += step)
      tops.push([x, y, streams.indexOf(document.elementFromPoint(x, y))]);
  return { boxes, tops };
}"""


async def in_browser(page: Page, case: Case) -> tuple[list[list[float]], list[tuple[float, float, int]]]:
    """The boxes of the streams (left, top, right, bottom), and who is on top at some points; -1: nobody."""
    streams = "".join(f'<stream class="{classes}"></stream>' for classes in case.streams)
    await page.set_viewport_size({"width": case.size.width, "height": case.size.height})
    await page.set_content(
        PAGE.format(sheet=case.sheet, width=case.size.width, height=case.size.height, streams=streams)
    )
    answer = await page.evaluate(ASK, STEP)
    return answer["boxes"], answer["tops"]


def differences(case: Case, boxes: Sequence[Sequence[float]], tops: Sequence[tuple[float, float, int]]) -> list[str]:
    """Where our layout is not the browser's."""
    classes = [frozenset(each.split()) for each in case.streams]
    width, height = case.size.width, case.size.height
    found = []
    areas = flow(parse(case.sheet).styles(classes, width, height), width * UNIT, height * UNIT)
    for index, (area, box) in enumerate(zip(areas, boxes, strict=True)):
        ours = [0.0] * 4
        if area is not None:
            ours = [area.left, area.top, area.left + area.width, area.top + area.height]
            ours = [each / UNIT for each in ours]
        is_empty = ours[0] >= ours[2] or ours[1] >= ours[3]
        if is_empty and (box[0] >= box[2] or box[1] >= box[3]):
            continue
        if any(abs(one - other) > 0.1 for one, other in zip(ours, box, strict=True)):
            found.append(f"stream {index}: ours {ours}, the browser's {box}")
    return [*found, *painted_otherwise(case, boxes, tops)]


def painted_otherwise(
    case: Case, boxes: Sequence[Sequence[float]], tops: Sequence[tuple[float, float, int]]
) -> list[str]:
    """Each tile has the browser's index as its name, and a class that says nothing: those without would come last."""
    tiles = [
        Tile(str(index), "camera", arrived=index, classes=frozenset({*each.split(), "stream"}))
        for index, each in enumerate(case.streams)
    ]
    placements = arrange_by(case.sheet, tiles, case.size.width, case.size.height)
    found = []
    for placement in placements:
        shown = placement.whole or placement.box
        box = boxes[int(placement.tile.participant)]
        ours = (shown.x, shown.y, shown.x + shown.width, shown.y + shown.height)
        if any(abs(one - other) > NEAR for one, other in zip(ours, box, strict=True)):
            found.append(f"{placement} is not at {box}")
    for x, y, top in tops:
        if any(min(abs(x - each[0]), abs(x - each[2]), abs(y - each[1]), abs(y - each[3])) <= NEAR for each in boxes):
            continue
        ours_on_top = [
            int(each.tile.participant) for each in placements if each.box.common(Box(int(x), int(y), 1, 1))
        ]
        if (ours_on_top or [-1])[-1] != top:
            found.append(f"at {x}, {y}: ours {ours_on_top}, the browser's {top}")
    return found


async def test_streams_are_where_a_browser_puts_them() -> None:
    async with chromium() as browser:
        page = await browser.new_page()
        found = {name: differences(case, *await in_browser(page, case)) for name, case in CASES.items()}
    assert {name: words for name, words in found.items() if words} == {}


@pytest.mark.slow
async def test_random_stylesheets_are_laid_out_as_in_a_browser() -> None:
    async with chromium() as browser:
        page = await browser.new_page()
        for seed in SEEDS:
            case = random_case(seed)
            found = differences(case, *await in_browser(page, case))
            assert not found, f"seed {seed}\n{case.sheet}\n{json.dumps(case.streams)} {case.size}\n" + "\n".join(
                found
            )


async def test_a_difference_would_be_found() -> None:
    async with chromium() as browser:
        page = await browser.new_page()
        boxes, tops = await in_browser(page, CASES["thirds"])
        assert differences(CASES["a block for each"], boxes, tops)
        boxes[0][0] += 5
        assert differences(CASES["thirds"], boxes, tops)
