"""What waits for the next render: a live stream that has loaded, and a browser where pages are shown."""

import shutil
import time

from reelroom.config import Settings
from reelroom.errors import OutOfSpace, Overloaded
from reelroom.processes.child import LONGEST_MESSAGE
from reelroom.processes.looks import Looks
from reelroom.processes.spare import Spare
from reelroom.recorder.holding import SessionTakes
from reelroom.renders.running import LIVE, PAGE, pages_folder
from reelroom.store.database import now_ms
from reelroom.store.store import Store

_LATELY = 7 * 24 * 3600  # s: whoever has shown a page since then will show another
_LOOK = 3600.0  # s
_PAUSE = 20.0  # s after a page was asked for: it begins first, and people are told of its recording
_ROOM = 60.0  # s between two looks at a machine that has no room for a browser


class Spares:
    """One of each at most; the browser only where a page was shown within a week, and the machine has room."""

    def __init__(self, settings: Settings, store: Store, takes: SessionTakes) -> None:
        self._settings = settings
        self._store = store
        self._takes = takes
        self._looks = Looks(self._look, _LOOK, "whether a browser is to wait is not known")
        self._not_before = 0.0
        private = ["private"] if settings.render_private_addresses else []
        self.room = Spare(LIVE, LONGEST_MESSAGE, fenced=settings.data_dir)
        self.page = Spare(PAGE, LONGEST_MESSAGE, [str(pages_folder(settings)), *private], pause=None)

    def prepare(self) -> None:
        """Have them wait from now on. What browsers of a server before have left is removed."""
        shutil.rmtree(pages_folder(self._settings), ignore_errors=True)
        # Who is fenced opens the folders that are there by then: those of the first take come later.
        (self._settings.data_dir / "takes").mkdir(parents=True, exist_ok=True)
        self.room.prepare()
        if self._settings.spare_browser:
            self._looks.start("browser that waits")

    def page_begins(self) -> None:
        """A page has been asked for: the next one is to find a browser, too."""
        self._not_before = time.monotonic() + _PAUSE
        self._looks.wake()

    async def _look(self) -> float | None:
        if (pause := self._not_before - time.monotonic()) > 0:
            return pause
        if not await self._store.renders.page_since(now_ms() - _LATELY * 1000):
            await self.page.close()
            return None
        try:
            if not self.page.waits:
                await self._takes.admit(shows_page=True, begins=False)
        except (OutOfSpace, Overloaded):
            return _ROOM
        self.page.prepare()
        return None

    async def close(self) -> None:
        """Have none any more."""
        await self._looks.close()
        await self.room.close()
        await self.page.close()
