"""A loudspeaker that nobody hears: Firefox measures sound only by the clock of one."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path


@asynccontextmanager
async def loudspeaker() -> AsyncIterator[dict[str, str]]:
    """PulseAudio without a device; the variables by which programs find it."""
    executable = shutil.which("pulseaudio")
    assert executable, "no PulseAudio; `make tools` installs one"
    with tempfile.TemporaryDirectory(prefix="reelroom-") as name:  # a socket's path is 107 characters at most
        folder, socket = Path(name), Path(name) / "socket"
        command = [executable, "-n", "--daemonize=no", "--use-pid-file=no", "--disable-shm=yes"]
        command += ["--exit-idle-time=-1", "--load=module-null-sink"]
        command += [f"--load=module-native-protocol-unix socket={socket} auth-anonymous=1"]
        own = dict.fromkeys(("HOME", "XDG_RUNTIME_DIR", "PULSE_RUNTIME_PATH", "PULSE_STATE_PATH"), name)
        with (folder / "log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *command, env={**os.environ, **own}, stdout=log, stderr=log
            )
        try:
            async with asyncio.timeout(30):
                while not socket.is_socket():
                    assert process.returncode is None, (folder / "log").read_text()
                    await asyncio.sleep(0.05)
            yield {"PULSE_SERVER": f"unix:{socket}"}
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
