"""Words, spans, captions and documents: pure."""

import itertools
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from reelroom.cutting.kept import Kept
from reelroom.cutting.turns import Turn
from reelroom.files.films import Storage
from reelroom.transcripts.beside import write_transcript
from reelroom.transcripts.captions import Caption, as_srt, as_vtt, captions, columns, one_by_one
from reelroom.transcripts.documents import as_json, as_text, from_json
from reelroom.transcripts.headings import titled
from reelroom.transcripts.heard import NAME, By, add_heard, read_heard
from reelroom.transcripts.languages import three_letters
from reelroom.transcripts.spans import LONGEST, spans_of, together, unheard
from reelroom.transcripts.words import Passage, Transcript, Utterance, Word, transcript

MS = 1_000
S = 1_000_000


def words(text: str, start: int = 0, each: int = 300 * MS) -> tuple[Word, ...]:
    """A word each 300 ms."""
    parts = text.split(" ")
    return tuple(Word(start + n * each, start + (n + 1) * each, f" {part}", 0.9) for n, part in enumerate(parts))


def passage(text: str, start: int = 0, name: str = "Ann") -> Passage:
    return Passage(name.lower(), name, "en", words(text, start))


def spoken(*passages: Passage, end: int = 60 * S) -> Transcript:
    return Transcript(0, end, "en", passages)


def test_words_outside_of_a_film_or_of_its_speakers_turns_are_not_in_its_transcript() -> None:
    turns = [Turn(1 * S, 3 * S, "ann", "Ann"), Turn(4 * S, 6 * S, "ben", "Ben")]
    heard = [
        Utterance("ann", 1 * S, 3 * S, "en", words("one two three", 1 * S)),
        Utterance("ann", 4 * S, 5 * S, "en", words("echo", 4 * S)),  # of Ben, in her microphone
        Utterance("ben", 4 * S, 6 * S, "de", words("vier fünf", 4 * S)),
        Utterance("cleo", 4 * S, 6 * S, "en", words("unseen", 4 * S)),  # whom the film does not have
    ]
    made = transcript(heard, turns, Kept(((0, 5 * S),)))
    assert [(each.name, each.language, each.text) for each in made.passages] == [
        ("Ann", "en", "one two three"),
        ("Ben", "de", "vier fünf"),
    ]
    middle = Kept(((int(1.5 * S), int(4.2 * S)),))
    assert [each.text for each in transcript(heard, turns, middle).passages] == ["three", "vier"]


def test_a_pause_ends_a_passage_and_so_does_another_language() -> None:
    turn = [Turn(0, 20 * S, "ann", "Ann")]
    heard = [
        Utterance("ann", 0, 2 * S, "en", words("one two", 0)),
        Utterance("ann", 5 * S, 6 * S, "en", words("three", 5 * S)),
        Utterance("ann", 6 * S, 7 * S, "de", words("vier", int(5.4 * S))),
    ]
    assert [each.text for each in transcript(heard, turn, Kept(((0, 20 * S),))).passages] == [
        "one two",
        "three",
        "vier",
    ]


def test_of_a_turn_only_what_was_not_heard_is_listened_to() -> None:
    turns = [Turn(2 * S, 5 * S, "ann", "Ann"), Turn(5 * S, 9 * S, "ann", "Ann"), Turn(0, 30 * S, "ben", "Ben")]
    spans = spans_of(turns, "ann", 1 * S, 9 * S)
    assert spans == [(int(1.8 * S), 9 * S)]
    assert unheard(spans, [(0, 3 * S), (4 * S, 8_900 * MS)]) == [(3 * S, 4 * S)]
    assert unheard(spans, []) == spans


spans = st.lists(st.integers(1, LONGEST), min_size=1, max_size=30).map(
    lambda lengths: [
        (sum(lengths[:n]) + n * 400_000, sum(lengths[: n + 1]) + n * 400_000) for n in range(len(lengths))
    ]
)


@given(spans)
def test_no_sound_is_too_long_and_no_span_is_lost(found: list[tuple[int, int]]) -> None:
    sounds = list(together(found))
    assert [span for sound in sounds for span in sound.spans] == found
    assert all(sound.length <= LONGEST for sound in sounds)


@given(spans, st.data())
def test_a_word_is_placed_where_it_was_said(found: list[tuple[int, int]], data: st.DataObject) -> None:
    sound = next(together(found))
    number = data.draw(st.integers(0, len(sound.spans) - 1))
    (start, end), offset = sound.spans[number], sound.offsets[number]
    since = data.draw(st.integers(0, end - start))
    until = data.draw(st.integers(since, end - start))
    placed = sound.placed([Word(offset + since, offset + until, " yes", 0.5)])
    assert placed[number] == (Word(start + since, start + until, " yes", 0.5),)
    assert sum(len(each) for each in placed) == 1


def test_captions_are_short_and_end_where_a_reader_would() -> None:
    text = "Shall we look at the numbers together, before we go on? Nobody told me about them, " * 4
    shown = captions(spoken(passage(text.strip())))
    assert len(shown) > 4
    for caption in shown:
        lines = caption.text.split("\n")
        assert len(lines) <= 2
        assert all(columns(line) <= 50 for line in lines)
        assert caption.end - caption.start <= 7.5 * S
    assert " ".join(" ".join(caption.text.split()) for caption in shown) == text.strip()
    assert all(one.end <= two.start for one, two in itertools.pairwise(shown))


def test_players_that_show_one_text_at_a_time_show_what_all_say() -> None:
    said = spoken(
        passage("Shall we go?"), passage("Yes, at once.", int(0.6 * S), "Ben"), passage("Good.", 5 * S, "Ben")
    )
    assert one_by_one(captions(said)) == [
        (0, 600 * MS, "Ann: Shall we go?"),
        (600 * MS, 1_000 * MS, "Ann: Shall we go?\nBen: Yes, at once."),
        (1_000 * MS, 1_600 * MS, "Ben: Yes, at once."),
        (5 * S, 6 * S, "Good."),
    ]


spans = st.tuples(st.integers(0, 12), st.integers(0, 12), st.sampled_from(["Ann", "Ben"]))


@given(st.lists(spans, max_size=12))
def test_at_each_moment_one_text_says_what_all_say_then(many: list[tuple[int, int, str]]) -> None:
    shown = [Caption(start, max(start, end), name, f"{number}") for number, (start, end, name) in enumerate(many)]
    found = one_by_one(shown)
    for at in range(13):
        said = [int(line.rpartition(" ")[2]) for since, until, text in found if since <= at < until
                for line in text.splitlines()]  # fmt: skip
        assert said == [number for number, each in enumerate(shown) if each.start <= at < each.end]


def test_what_was_written_is_read_as_it_was() -> None:
    said = spoken(passage("Shall we go?"), passage("Yes, at once.", int(0.6 * S), "Ben"))
    assert from_json(as_json(said, "base")) == said


def test_languages_have_three_letters_in_films() -> None:
    assert [three_letters(each) for each in ("en", "pt-BR", "yue", "", "zz")] == ["eng", "por", "yue", "und", "und"]


def test_a_caption_does_not_go_on_over_a_silence() -> None:
    said = Passage("ann", "Ann", "en", words("Yes.") + words("And then", 2 * S))
    first, second = captions(spoken(said))
    assert (first.text, first.end, second.start) == ("Yes.", 1 * S, 2 * S)


def test_captions_of_people_who_talk_at_once_overlap() -> None:
    shown = captions(spoken(passage("one two three"), passage("no no no", 300 * MS, "Ben")))
    assert [caption.name for caption in shown] == ["Ann", "Ben"]
    assert shown[0].end > shown[1].start


def test_the_files() -> None:
    made = spoken(
        passage("Is 1 < 2 & 3?"), passage("Yes --> it is", 3 * S, "Ben <b>\nX"), passage("Well", 5 * S, "Ben <b>\nX")
    )
    shown = captions(made)
    assert as_vtt(shown) == (
        "WEBVTT\n"
        "\n00:00:00.000 --> 00:00:01.800\n<v Ann>Is 1 &lt; 2 &amp; 3?</v>\n"
        "\n00:00:03.000 --> 00:00:04.200\n<v Ben &lt;b&gt; X>Yes --&gt; it is</v>\n"
        "\n00:00:05.000 --> 00:00:06.000\n<v Ben &lt;b&gt; X>Well</v>\n"
    )
    assert as_srt(shown) == (
        "1\n00:00:00,000 --> 00:00:01,800\nAnn: Is 1 < 2 & 3?\n"
        "\n2\n00:00:03,000 --> 00:00:04,200\nBen <b> X: Yes --> it is\n"
        "\n3\n00:00:05,000 --> 00:00:06,000\nWell\n"
    )
    assert as_text(made).splitlines()[0] == "[0:00] Ann: Is 1 < 2 & 3?"
    assert '"text": "Is 1 < 2 & 3?"' in as_json(made, "tiny")


def test_what_was_heard_by_another_model_or_in_another_language_does_not_count(tmp_path: Path) -> None:
    said = Utterance("ann", 0, S, "en", words("one"))
    add_heard(tmp_path, By("tiny"), [said])
    add_heard(tmp_path, By("tiny", "de"), [said])
    assert read_heard(tmp_path, By("tiny")) == [said]
    assert read_heard(tmp_path, By("base")) == []


def test_a_line_that_a_crash_cut_off_is_nothing_and_harms_none(tmp_path: Path) -> None:
    one, two = (Utterance(who, 0, S, "en", words("ünd")) for who in ("ann", "ben"))
    assert read_heard(tmp_path, By("tiny")) == []
    add_heard(tmp_path, By("tiny"), [one])
    whole = (tmp_path / NAME).read_bytes()
    for length in range(len(whole)):
        (tmp_path / NAME).write_bytes(whole[:length])
        add_heard(tmp_path, By("tiny"), [two])
        assert read_heard(tmp_path, By("tiny"))[-1] == two


def test_chapters_are_called_by_who_speaks_and_their_first_words() -> None:
    turns = [Turn(0, 6 * S, "ann", "Ann"), Turn(6 * S, 20 * S, "ben", "Ben"), Turn(20 * S, 30 * S, "ann", "Ann")]
    heard = [
        Utterance(
            "ann", 0, 6 * S, "en", words("Good morning. Is everybody here already? So let us begin.", 100 * MS)
        ),
        Utterance(
            "ben",
            6 * S,
            9 * S,
            "en",
            words("The first thing, before all, is how we lowered costs, which", 5_900 * MS),
        ),
    ]
    made = transcript(heard, turns, Kept(((0, 30 * S),)))
    titles = [each.name for each in titled(made.chapters, made.passages)]
    assert titles == [
        "Ann: Good morning. Is everybody here already?",
        "Ben: The first thing, before all, is how we lowered costs…",
        "Ann",  # nothing was understood
    ]
    assert [(each.start, each.end) for each in made.chapters] == [(0, 6 * S), (6 * S, 20 * S), (20 * S, 30 * S)]
    part = transcript(heard, turns, Kept(((6 * S, 10 * S), (20 * S, 30 * S))))
    assert [(each.start, each.end) for each in part.chapters] == [
        (6 * S, 10 * S),
        (10 * S, 20 * S),
    ]  # from its start on


def test_a_chapter_is_not_called_by_what_was_said_in_search_of_words() -> None:
    turn = Turn(0, 9 * S, "ann", "Ann")
    said = words("Um, uh the budget is, erm, what we talk about.", 0)
    (chapter,) = titled([turn], [Passage("ann", "Ann", "en", tuple(said))])
    assert chapter.name == "Ann: the budget is, what we talk about."
    (nothing,) = titled([turn], [Passage("ann", "Ann", "en", tuple(words("Um. Hmm.", 0)))])
    assert nothing.name == "Ann"
    (german,) = titled([turn], [Passage("ann", "Ann", "de", tuple(words("Um zehn Uhr geht es los.", 0)))])
    assert german.name == "Ann: Um zehn Uhr geht es los."


def test_a_title_without_spaces_is_cut_too() -> None:
    turn = Turn(0, 6 * S, "ann", "Ann")
    (chapter,) = titled([turn], [Passage("ann", "Ann", "zh", (Word(0, S, "版" * 90, 0.9),))])
    assert chapter.name == f"Ann: {'版' * 56}…"


def test_a_film_without_chapters_gets_none_by_its_transcript(tmp_path: Path) -> None:
    storage = Storage(tmp_path / "archives")
    made = tmp_path / "made.mp4"
    for archive, before in (("film", "old"), ("tracks", None)):
        write_transcript(made, spoken(passage("Good morning.")), "tiny")
        storage.folder.mkdir(exist_ok=True)
        if before:
            storage.path(archive, ".chapters.vtt").write_text(before)
        storage.keep_words(made, archive)
        assert storage.has(archive, ".transcript.json")
        assert storage.has(archive, ".chapters.vtt") == bool(before)
        assert not made.with_suffix(".chapters.vtt").exists()
    assert storage.path("film", ".chapters.vtt").read_text() == "WEBVTT\n"
