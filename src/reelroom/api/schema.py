"""Prints the API's OpenAPI description, of which the page's types are made: `python -m reelroom.api.schema`."""

import json
import sys

from reelroom.api.app import create_api


def schema() -> str:
    """The description as it is committed in web/openapi.json."""
    return json.dumps(create_api().openapi(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema())
