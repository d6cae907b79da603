"""What films hold, found in either database: by words and their beginnings, whatever their case, marks and script."""

from collections.abc import AsyncIterator

import pytest

from reelroom.store.film_texts import FilmText, Sought
from reelroom.store.store import Store
from reelroom.store.values import Archive, KeptTake, Session
from reelroom.transcripts.finding import Moment, hits, person_of, pieces, terms, tokens

FILMS = {
    "budget": (("Zoë Müller", "Ben"), "We lowered the budget by follow-up costs, don't we?"),
    "launch": (("Ben", "李雷"), "下周发布新版本 is what 李雷 said about the launch in 2027"),
    "greek": (("Άννα",), "Ο προϋπολογισμός στις ΟΔΟΣ"),
    "hindi": (("Ann",), "यह हिन्दी में है"),
}


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    store = Store(url)
    await store.add(Session(id="session", created_at=1))
    for number, (name, (people, said)) in enumerate(FILMS.items()):
        await store.add(
            KeptTake(id=name, session_id="session", created_at=1, stopped_at=2),
            Archive(
                id=name,
                session_id="session",
                take_id=name,
                name=f"Film {number}",
                status="available",
                resolution="1280x720",
                start_us=1,
                created_at=number,
                updated_at=7,
            ),
        )
        async with store.transaction() as tx:
            text = FilmText(archive_id=name, as_of=7, people=people, moments=[(0, "words", people[0], said)])
            await tx.film_texts.put(text, tokens(" ".join(people)), tokens(said))
    yield store
    await store.close()


async def found(store: Store, sought: str, person: str = "", *, binned: bool = False) -> list[str]:
    asked = [Sought(term.text, term.whole, term.start) for term in terms(sought)]
    whom = person_of(person)
    by = Sought(whom.text, whom.whole, whom.start) if person else None
    _, archives = await store.archives.find(["session"], 0, 10, sought=asked, person=by, sort="oldest", binned=binned)
    return [each.id for each in archives]


FINDS = [
    ("BUDGET", ["budget"]),
    ("bud low", ["budget"]),  # beginnings, of which each is in it
    ("udget", []),
    ("bud launch", []),
    ("follow-up", ["budget"]),
    ("don't", ["budget"]),
    ("zoe", ["budget"]),  # whoever is in it is found, too
    ("MULLER", ["budget"]),
    ("版本", ["launch"]),
    ("新版", ["launch"]),
    ("版新", []),
    ("布", ["launch"]),
    ("2027", ["launch"]),
    ("προυπολογισμος", ["greek"]),
    ("οδος", ["greek"]),
    ("हिन्दी", ["hindi"]),
    ("film 2", ["launch", "greek"]),  # one by its title, and one by its title and what is said
    ("!!", []),
    ('"*', []),
    ("' & !", []),
    ("", list(FILMS)),
]


async def test_words_are_found(store: Store) -> None:
    assert [(sought, await found(store, sought)) for sought, _ in FINDS] == FINDS


async def test_films_with_somebody(store: Store) -> None:
    assert await found(store, "", "ben") == ["budget", "launch"]
    assert await found(store, "", "zoe mu") == ["budget"]
    assert await found(store, "launch", "ben") == ["launch"]
    assert await found(store, "", "budget") == []  # that is said, and nobody
    assert await found(store, "", "李雷") == ["launch"]


async def test_what_has_changed_is_due_and_what_was_removed_is_found_no_more(store: Store) -> None:
    assert await store.film_texts.due("here", 10) == []
    await store.archives.touch("budget")
    (due,) = await store.film_texts.due("here", 10)
    assert due.id == "budget"
    async with store.transaction() as tx:
        await tx.film_texts.put(FilmText(archive_id="budget", as_of=due.updated_at), frozenset(), tokens("expenses"))
    assert await found(store, "budget") == [] and await found(store, "expenses") == ["budget"]
    assert await store.film_texts.due("here", 10) == []
    assert await store.archives.delete("launch")
    assert await found(store, "发布") == [] and await found(store, "发布", binned=True) == ["launch"]
    await store.archives.empty_bin(archive_id="launch")
    assert await store.film_texts.of_archives(["launch"]) == {}
    assert await found(store, "发布", binned=True) == []


def test_hits_are_the_moments_that_have_most_and_say_where() -> None:
    moments = [
        Moment(1000, "words", "Ann", "The budget."),
        Moment(2000, "words", "Ben", "Naïve Budgets of the ﬁrst year, naive budgets."),
        Moment(3000, "chat", "Ann", "nothing"),
        Moment(4000, "words", "Ann", "İstanbul: budgeting"),
    ]
    number, (first, second) = hits(moments, terms("budget NAIVE"), 2)
    assert number == 3
    assert (first.moment.at, second.moment.at) == (1000, 2000)
    marked = [second.moment.text[start:end] for start, end in second.marks]
    assert marked == ["Naïve", "Budget", "naive", "budget"]
    (_, (hit,)) = hits(moments[3:], terms("budgeting"), 5)
    assert [hit.moment.text[start:end] for start, end in hit.marks] == ["budgeting"]
    assert hits(moments, terms("!!"), 5) == (0, [])
    (_, (hit,)) = hits([Moment(1, "words", "", "发布新版本")], terms("新版本"), 5)
    assert hit.marks == ((2, 5),)


def test_passages_are_found_in_pieces_that_end_with_sentences() -> None:
    words = [(number * 500, f" {word}") for number, word in enumerate(("We go on. " * 40).split())]
    found = pieces(words)
    assert [text for _, text in found[:2]] == [("We go on. " * 8).strip()] * 2
    assert [at for at, _ in found[:2]] == [0, 24 * 500]
    assert sum(len(text.split()) for _, text in found) == len(words)
