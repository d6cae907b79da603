"""The machine's Chromium, by whichever name it was installed, and whether it has its sandbox."""

import os
import shutil

NO_SANDBOX = "Browsers that show pages have no sandbox, because this server runs as root: run it as a user of its own"


def chromium() -> str | None:
    """Where it is; None where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if (found := shutil.which(name))), None)


def is_sandboxed() -> bool:
    """Whether a browser that this process starts has its sandbox: Chromium has none for root."""
    return os.geteuid() != 0
