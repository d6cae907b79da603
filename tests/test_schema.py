"""The page's types are made of the API as it is, not as it was."""

from pathlib import Path

from reelroom.api.schema import schema

COMMITTED = Path(__file__).parents[1] / "web" / "openapi.json"


def test_committed_description_is_that_of_the_server() -> None:
    assert COMMITTED.read_text() == schema(), (
        "The API has changed: python -m reelroom.api.schema > web/openapi.json, then `npm run types` in web/"
    )
