"""The recorder's page shows people by the director's rules: the numbers in both are the same."""

import re
from pathlib import Path

import pytest

from reelroom.cutting.rules import Rules

STAGE = Path(__file__).parent.parent / "web" / "src" / "room" / "stage.ts"


@pytest.mark.parametrize("rule", ["shortest_shot", "shortest_speech", "overlap"])
def test_the_page_keeps_the_directors_times(rule: str) -> None:
    stated = re.findall(rf"^const {rule.upper()}_MS = (\d+);", STAGE.read_text(), re.MULTILINE)
    assert [int(ms) * 1000 for ms in stated] == [getattr(Rules(), rule)]
