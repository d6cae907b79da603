"""What the server refuses can be read in every language of the page."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import reelroom
from reelroom import errors

SOURCE = Path(reelroom.__file__).parent
KNOWN = json.loads((SOURCE.parents[1] / "web" / "src" / "texts" / "refusals.json").read_text())
REFUSALS = {name for name, found in vars(errors).items() if isinstance(found, type)}
# What people meet in the page; wishes that only a program can get wrong are said in English.
MET = [
    "api/admission.py",
    "api/admin.py",
    "api/invitations.py",
    "api/film_page.py",
    "archives/corrections.py",
    "archives/library.py",
    "archives/queue.py",
    "archives/sharing.py",
    "archives/transcribing.py",
    "recorder/quotas.py",
    "rooms/chat.py",
    "rooms/doors.py",
    "rooms/names.py",
    "rooms/use_cases.py",
]
PROGRAMS = {
    "A door is one of {}",
    "The session is no room's, so that it has no door",
    "The session is no room's: its application keeps its chat",
    "There is no render {} of session {}",
    "From elsewhere this needs an admin token: set REELROOM_ADMIN_TOKEN",
}


def template(node: ast.AST) -> str | None:
    """A text with `{}` for what is put into it; None for what is no text."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)
    return None


def texts_of(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if (text := template(node)) is not None:
            yield text


def test_each_translated_sentence_is_one_of_the_servers() -> None:
    said = {text for file in SOURCE.rglob("*.py") for text in texts_of(file)}
    assert [each["en"] for each in KNOWN if each["en"] not in said] == []


def test_each_translation_has_the_holes_of_its_sentence_or_none() -> None:
    for each in KNOWN:
        holes = {language: each[language].count("{}") for language in ("en", "de", "ar")}
        assert {holes["de"], holes["ar"]} in ({0}, {holes["en"]}), each["en"]


def test_each_refusal_that_people_meet_is_translated() -> None:
    known = {each["en"] for each in KNOWN}
    missing = [
        f"{place}: {text}"
        for place in MET
        for node in ast.walk(ast.parse((SOURCE / place).read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSALS and node.args
        if (text := template(node.args[0])) is not None and text not in known | PROGRAMS
    ]
    assert missing == []


def test_what_a_full_machine_says_is_translated() -> None:
    """Why a recording or live captions cannot begin, and why captions have ended by themselves."""
    known = {each["en"] for each in KNOWN}
    full = {
        text
        for node in ast.walk(ast.parse((SOURCE / "processes/capacity.py").read_text()))
        if isinstance(node, ast.Return) and node.value is not None and (text := template(node.value))
        if " " in text and not text.startswith("waits")
    }
    ended = {
        text
        for file in ("captions/process.py", "captions/calls.py")
        for node in ast.walk(ast.parse((SOURCE / file).read_text()))
        for text in _reasons(node)
    }
    assert len(full) > 3 and "this server is too busy for live captions" in ended
    assert sorted((full | ended) - known) == []


def _reasons(node: ast.AST) -> Iterator[str]:
    """Of what ends with "failed": the second of a pair, and of arguments whatever follows it."""
    match node:
        case ast.Tuple(elts=[ast.Constant(value="failed"), reason]):
            found: list[ast.AST] = [reason]
        case ast.Call(args=arguments):
            statuses = [n for n, each in enumerate(arguments) if template(each) == "failed"]
            found = [each for n in statuses for each in arguments[n + 1 :]]
        case ast.Assign(targets=[ast.Name(id="_TOO_BUSY")], value=reason):
            found = [reason]
        case _:
            found = []
    yield from (text for each in found if (text := template(each)) is not None)
