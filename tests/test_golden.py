"""What each layout looks like, beside golden pictures that somebody looked at (`python -m tests.golden`)."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.golden import CASES, FOLDER, draw

LEAST_PSNR = 38.0  # dB; scalers round differently on other machines


def psnr(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    error = float(np.mean((one.astype(np.float64) - other) ** 2))
    return 10 * np.log10(255**2 / error) if error else 99.0


@pytest.mark.parametrize("name", CASES)
def test_a_picture_looks_like_its_golden_one(name: str) -> None:
    golden = np.asarray(Image.open(FOLDER / f"{name}.png").convert("RGB"))
    drawn = draw(CASES[name])
    assert drawn.shape == golden.shape
    likeness = psnr(drawn, golden)
    assert likeness >= LEAST_PSNR, f"{likeness:.1f} dB: look at it, then `python -m tests.golden`"


def test_each_golden_picture_belongs_to_a_case() -> None:
    assert {path.stem for path in FOLDER.glob("*.png")} == set(CASES)
