"""What a stylesheet says of each stream, and what is refused with which words."""

import pytest

from reelroom.layouts.css.selectors import StylesheetError
from reelroom.layouts.css.stylesheet import MOST_CHARACTERS, UNIT, Style, parse

ROW = [frozenset(each.split()) for each in ("a", "", "b", "a b", "")]


def chosen(selector: str) -> list[int]:
    """Which of `ROW` a selector is about."""
    styles = parse(f"{selector} {{ z-index: 1 }}").styles(ROW, 1280, 720)
    return [index for index, style in enumerate(styles) if style.z_index]


@pytest.mark.parametrize(
    ("selector", "streams"),
    [
        ("stream", [0, 1, 2, 3, 4]),
        ("STREAM", [0, 1, 2, 3, 4]),
        (".a", [0, 3]),
        ("stream.a.b", [3]),
        (".A", []),
        ("stream:first-child", [0]),
        (":last-child", [4]),
        ("stream:nth-child(2)", [1]),
        ("stream:nth-child(odd)", [0, 2, 4]),
        ("stream:nth-child( 2n )", [1, 3]),
        ("stream:nth-child(-n+2)", [0, 1]),
        ("stream:nth-child(n+4)", [3, 4]),
        ("stream:nth-child(0)", []),
        ("stream:nth-last-child(2)", [3]),
        ("stream:nth-last-child(even)", [1, 3]),
        ("stream:first-child:nth-last-child(5) ~ stream", [1, 2, 3, 4]),
        ("stream:first-child:nth-last-child(4) ~ stream", []),
        (".a + stream", [1, 4]),
        (".a+.b", []),
        ("stream+.b", [2, 3]),
        (".a ~ .b", [2, 3]),
        (".b ~ .a + stream", [4]),
        (".b, stream:first-child", [0, 2, 3]),
        ("archive .a", [0, 3]),
        ("broadcast > stream.b", [2, 3]),
        ("archive", []),
    ],
)
def test_selectors(selector: str, streams: list[int]) -> None:
    assert chosen(selector) == streams


def style(sheet: str, *classes: str, width: int = 1280, height: int = 720) -> Style:
    return parse(sheet).styles([frozenset(classes)], width, height)[0]


def test_what_nothing_is_said_of_has_opentoks_defaults() -> None:
    plain = style("stream {}")
    assert plain == Style()
    assert (plain.display, plain.position, plain.object_fit, plain.margin_top) == ("block", "static", "contain", 0)


def test_lengths_are_of_the_film() -> None:
    said = style(
        "stream { width: 50%; height: 50%; left: -1.5px; margin: 10%; min-width: 10vw; max-height: 25vh; top: 0 }"
    )
    assert (said.width, said.height, said.left, said.top) == (640 * UNIT, 360 * UNIT, -96, 0)
    assert (said.margin_top, said.margin_left, said.min_width, said.max_height) == (
        *(128 * UNIT, 128 * UNIT, 128 * UNIT),
        180 * UNIT,
    )


@pytest.mark.parametrize(
    ("margin", "sides"),
    [
        ("1px", (1, 1, 1, 1)),
        ("1px 2px", (1, 2, 1, 2)),
        ("1px 2px 3px", (1, 2, 3, 2)),
        ("1px 2px 3px 4px", (1, 2, 3, 4)),
    ],
)
def test_margins_in_short(margin: str, sides: tuple[int, ...]) -> None:
    said = style(f"stream {{ margin: {margin} }}")
    given = (said.margin_top, said.margin_right, said.margin_bottom, said.margin_left)
    assert given == tuple(side * UNIT for side in sides)


@pytest.mark.parametrize(
    ("sheet", "z_index"),
    [
        ("stream { z-index: 1 } stream { z-index: 2 }", 2),
        (".a { z-index: 1 } stream { z-index: 2 }", 1),
        (".a { z-index: 1 } stream.a { z-index: 2 } .a { z-index: 3 }", 2),
        ("stream { z-index: 1 !important } .a { z-index: 2 }", 1),
        ("stream { z-index: 1 !important } .a { z-index: 2 !important }", 2),
        (".a:first-child, stream { z-index: 1 } .a { z-index: 2 }", 1),
        (".a { z-index: 1; z-index: 2 }", 2),
        (".a { z-index: 1 } archive stream { z-index: 2 }", 1),
        (".a { z-index: 1; z-index: auto }", None),
        (".a { z-index: 1; z-index: initial }", None),
    ],
)
def test_what_weighs_more_holds(sheet: str, z_index: int | None) -> None:
    assert style(sheet, "a").z_index == z_index


def test_what_is_said_again_is_what_it_was_at_first() -> None:
    said = style(
        "stream { max-width: 5px; max-width: none; min-height: 5px; min-height: auto; width: 1px; width: auto }"
    )
    assert (said.max_width, said.min_height, said.width) == (None, 0, None)
    said = style("stream { float: left; float: initial; clear: both; clear: inherit; margin: 5px; margin: initial }")
    assert said == Style()


@pytest.mark.parametrize(
    ("sheet", "words"),
    [
        ("", "line 1: it has no rules"),
        ("/* nothing */", "it has no rules"),
        ("hello", "line 1: this is no CSS"),
        ("stream { width: 5px }\n}", "line 2: this is no CSS"),
        ("@media screen { stream { width: 5px } }", "@media is not supported"),
        ("@import 'x.css';", "@import is not supported"),
        ("stream { stream { width: 5px } }", "rules in rules are not supported"),
        ("stream { width }", "this is no declaration"),
        ("stream { colour: red }", "the property 'colour' is not supported"),
        ("stream {}\nstream {\n background-color: red }", "line 3: the property 'background-color' is not supported"),
        ("stream { width: 5em }", "width is a number of px, %, vw or vh, or auto"),
        ("stream { width: 5 }", "width is a number of px"),
        ("stream { width: calc(5px + 1%) }", "width is a number of px"),
        ("stream { width: -5px }", "width is not negative"),
        ("stream { width: 1e9px }", "width is at most 100000"),
        ("stream { left: -1e999% }", "left is at most 100000"),
        ("stream { width: 5px 6px }", "width takes one value"),
        ("stream { width: }", "width takes one value"),
        ("stream { max-width: auto }", "max-width is a number of px, %, vw or vh, or none"),
        ("stream { margin: 1px 2px 3px 4px 5px }", "margin takes one to four values"),
        ("stream { margin: 1px red }", "margin is a number"),
        ("stream { display: grid }", "display is one of block, inline-block, inline, none"),
        ("stream { position: sticky }", "position is one of static, relative, absolute, fixed"),
        ("stream { object-fit: fill }", "object-fit is one of contain, cover"),
        ("stream { z-index: 1.5 }", "z-index is a whole number, or auto"),
        ("stream { z-index: 99999999999999 }", "z-index is a whole number"),
        ("* { width: 5px }", "the selector * is not supported"),
        ("video { width: 5px }", "there is no element 'video', but stream"),
        ("stream video { width: 5px }", "descendant selectors"),
        ("stream > stream { width: 5px }", "child selectors"),
        ("stream>stream { width: 5px }", "child selectors"),
        ("#main { width: 5px }", "selectors of an id (#main)"),
        ("stream[class] { width: 5px }", "selectors of an attribute"),
        ("stream::before { width: 5px }", "pseudo-elements"),
        ("stream:hover { width: 5px }", "the pseudo-class :hover is not supported"),
        ("stream:not(.a) { width: 5px }", "the pseudo-class :not is not supported"),
        ("stream:nth-child(x) { width: 5px }", ":nth-child() takes a number, odd, even or an+b"),
        ("stream:nth-child(2 of .a) { width: 5px }", ":nth-child() takes a number"),
        ("{ width: 5px }", "has no selector"),
        ("stream, { width: 5px }", "has no selector"),
        ("+ stream { width: 5px }", "a selector begins or ends with"),
        ("stream + { width: 5px }", "a selector begins or ends with +"),
        ("stream ~ + stream { width: 5px }", "a selector begins or ends with ~"),
        ("archive > { width: 5px }", "a selector ends with >"),
        ("archive.x { width: 5px }", "'.' is not expected in a selector"),
        ("stream ! { width: 5px }", "'!' is not expected"),
        ("stream. { width: 5px }", "'.' is not expected"),
        ("5px { width: 5px }", "'5px' is not expected"),
        ("stream {}" * MOST_CHARACTERS, f"of at most {MOST_CHARACTERS}"),
    ],
)
def test_what_cannot_be_drawn_is_named(sheet: str, words: str) -> None:
    with pytest.raises(StylesheetError) as refused:
        parse(sheet)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    "nested", ["(" * 8000, "stream" + "[" * 8000, "stream { width: " + "{(" * 4000, ":nth-child(" * 900]
)
def test_depth_does_not_break_it(nested: str) -> None:
    with pytest.raises(StylesheetError):
        parse(nested)


def test_any_text_is_laid_out_or_refused() -> None:
    from hypothesis import given
    from hypothesis import strategies as st

    pieces = [
        "stream",
        ".a",
        ":nth-child(",
        ")",
        "{",
        "}",
        "width",
        ":",
        "5px",
        "%",
        ";",
        " ",
        "+",
        "~",
        ",",
        "\\",
        "'",
        "\0",
    ]

    @given(st.lists(st.sampled_from(pieces) | st.text(max_size=3), max_size=20).map("".join))
    def refuses_or_not(text: str) -> None:
        try:
            sheet = parse(text)
        except StylesheetError:
            return
        assert len(sheet.styles(ROW, 640, 480)) == len(ROW)

    refuses_or_not()
