"""Names as lines of letters: every script is found a typeface, nothing leaves its box, nothing takes long."""

import time

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from reelroom.composer.cards import caption, label, lower_third, portrait
from reelroom.composer.lettering import Line, clean, initials, line
from reelroom.composer.typefaces import emoji, face_of

HOSTILE = (
    *("Z" + "\u0301" * 500, "\u0301" * 500, "\u202e\u2066\u200b\x00\n", "\ud800", "\U000e0041" * 300, "😀" * 500),
    *("👨‍👩‍👧‍👦" * 100, "ﷺ" * 512, "ก็" * 300, "\u200d" * 9 + "a", "क्" * 200, "\ufe0f", "\U0010ffff\ue000", "𓀀" * 99),
)


def drawn(words: Line, width: int = 400) -> Image.Image:
    image = Image.new("RGBA", (width, 60), (255, 255, 255, 0))
    words.draw(image, 10, 30)
    return image


@pytest.mark.parametrize(
    "name",
    [
        *("王小明", "김민준", "田中さくら", "สมชาย ใจดี", "प्रिया शर्मा", "محمد عبد الله", "דוד כהן", "Nguyễn Thị Ánh"),
        *("தமிழ்", "తెలుగు", "বাংলা", "ગુજરાતી", "ਪੰਜਾਬੀ", "ಕನ್ನಡ", "മലയാളം", "සිංහල", "ខ្មែរ", "ລາວ", "မြန်မာ", "አማርኛ"),
        *("ქართული", "Հայերեն", "Ольга Ёлкина", "Ευγενία", "𝓕𝓪𝓷𝓬𝔂", "★ ♥ → ∞", "ﾊﾝｶｸ", "Ａｎｎ", "ﬁ ½ № ©"),
    ],
)
def test_every_letter_is_in_a_typeface(name: str) -> None:
    runs = line(name, 24, 2000).runs
    assert runs
    for run in runs:
        assert run.face is None or run.face.has(run.text), run


@pytest.mark.parametrize(
    ("name", "pictures"),
    [
        ("🎉", ["🎉"]),
        ("👩🏽‍🚀 Zoë", ["👩🏽‍🚀"]),
        ("👨‍👩‍👧‍👦", ["👨‍👩‍👧‍👦"]),
        ("🏳️‍🌈🇩🇪🇫🇷", ["🏳️‍🌈", "🇩🇪", "🇫🇷"]),
        ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", ["🏴󠁧󠁢󠁥󠁮󠁧󠁿"]),
        ("1️⃣ ☕ ❤️", ["1️⃣", "☕", "❤️"]),
        ("👍🏿", ["👍🏿"]),
        ("👩‍🦰‍🚀", ["👩", "🦰", "🚀"]),
        ("1 # © ™ ♥", []),
    ],
)
def test_emoji_are_pictures(name: str, pictures: list[str]) -> None:
    assert [run.text for run in line(name, 24, 2000).runs if run.face is None] == pictures
    assert all(emoji(each, 24) is not None for each in pictures)


def test_emoji_have_their_colours() -> None:
    seen = np.asarray(drawn(line("🔴", 24, 200)))
    red = seen[(seen[..., 3] > 250)].astype(int)
    assert (red[:, 0] - red[:, 1]).mean() > 100


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("Anna דוד", ["Anna", "דוד"]),
        ("דוד Anna", ["Anna", "דוד"]),
        ("محمد 🎉", ["🎉", "محمد"]),
        ("Dr. محمد Smith", ["Dr.", "محمد", "Smith"]),
        ("דוד Anna 🎉 12", ["Anna", "🎉", "12", "דוד"]),
    ],
)
def test_both_directions_stand_on_one_line(name: str, places: list[str]) -> None:
    """As the bidirectional algorithm has it (UAX #9): what begins from right to left has its end on the left."""
    runs = [run.text.strip() for run in line(name, 24, 2000).runs]
    assert [run for run in runs if run] == places


def test_arabic_letters_join() -> None:
    inked = np.flatnonzero(np.asarray(drawn(line("محمد", 24, 2000)))[..., 3].max(axis=0))
    assert len(inked) == inked[-1] - inked[0] + 1, "no gap"


def test_a_letter_that_no_typeface_has_is_a_box() -> None:
    assert np.asarray(drawn(line("𒀀", 24, 400)))[..., 3].any()


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("Ann\nBob\tCleo", "Ann Bob Cleo"),
        ("  Ann \u2028 ", "Ann"),
        ("\u202eAnn\u202c \u200b\ufeffB", "Ann B"),
        ("\x00\x01\u200b", ""),
        ("\u0301\u0302Ann", "Ann"),
        ("a\u0301", "á"),
        ("\ud800Ann", "Ann"),
        ("𝓕𝓪𝓷𝓬𝔂", "Fancy"),
    ],
)
def test_a_name_is_one_line_of_what_is_seen(name: str, cleaned: str) -> None:
    assert clean(name) == cleaned


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        *(
            ("Ann Example", "AE"),
            ("Liam (he)", "L"),
            ("ann", "A"),
            ("王小明", "王"),
            ("김 민준", "김"),
            ("प्रिया शर्मा", "प्रि"),
        ),
        *(("🎉 Party", "P"), ("😀", "😀"), ("", ""), ("...", ""), ("Élise Ångström", "ÉÅ")),
    ],
)
def test_initials_stand_for_a_name(name: str, letters: str) -> None:
    assert initials(name) == letters


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_takes_long(name: str) -> None:
    face_of("★", "SC", None)  # the largest typeface is read once
    before = time.process_time()
    for letter in range(20, 30):
        label(name, letter, 300, muted=True)
        lower_third(name, letter, 500, 1.0)
        portrait(name, letter * 2)
    assert time.process_time() - before < 5.0


@given(st.text(max_size=600), st.sampled_from([8, 13, 30]), st.integers(2, 700))
@example(HOSTILE[0], 30, 100)
def test_no_name_leaves_its_box(name: str, letter: int, width: int) -> None:
    for patch in (
        label(name, letter, width, muted=True),
        lower_third(name, letter, width, 1.0),
        caption(name, letter, width),
    ):
        assert patch is None or (patch.width <= width and patch.height <= 2 * letter + 2)
    assert portrait(name, letter * 2).width == letter * 2


def test_a_long_name_ends_in_an_ellipsis() -> None:
    whole, cut = line("Ida Lovelace-Featherstonehaugh", 20, 1000), line("Ida Lovelace-Featherstonehaugh", 20, 150)
    assert cut.width <= 150 < whole.width
    assert cut.runs[-1].text.endswith("…")
    assert not line("Ida Lovelace", 20, 20)
    assert line("x" * 200, 20, 10_000).runs[-1].text.endswith("…")


def test_a_name_is_drawn_the_same_each_time() -> None:
    first = np.asarray(drawn(line("Dr. محمد 王 🎉", 24, 300)))
    line.cache_clear()
    assert np.array_equal(first, np.asarray(drawn(line("Dr. محمد 王 🎉", 24, 300))))
