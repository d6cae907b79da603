"""The machine's Chromium, by whichever name it was installed."""

import shutil


def chromium() -> str | None:
    """Where it is; None where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if (found := shutil.which(name))), None)
