"""An engine that another program runs: waited for, and left alone."""

import asyncio

from reelroom.engine.livekit import Engine, EngineError

_START_SECONDS = 20.0


class EngineElsewhere:
    """In the place of `LocalEngine`; `address` is where it is."""

    def __init__(self, engine: Engine, address: str) -> None:
        self._engine = engine
        self._address = address

    async def start(self) -> None:
        """Returns when it answers. Raises EngineError where it does not."""
        self._engine.open()
        try:
            async with asyncio.timeout(_START_SECONDS):
                while not await self._engine.answers():  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(0.2)
        except TimeoutError:
            raise EngineError(
                f"the engine at {self._address} does not answer, or has other keys: REELROOM_ENGINE_AT names it, and "
                "`reelroom engine-config` prints what it is to be started with"
            ) from None

    async def stop(self) -> None:
        """Call it no more."""
        await self._engine.close()

    leave = stop
