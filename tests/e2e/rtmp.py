"""A real RTMP server: nginx with its RTMP module, which records what is published."""

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.running import free_port, wait_until

_MODULE = Path("/usr/lib/nginx/modules/ngx_rtmp_module.so")
_CONFIGURATION = """
{user}
load_module {module};
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 64; }}
rtmp {{
    access_log off;
    server {{
        listen 127.0.0.1:{port};
        application live {{ live on; record all; record_path {folder}/recorded; record_append on; }}
    }}
}}
"""


@dataclass
class RtmpServer:
    """`url` takes streams; `recording` is what was published under a name."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"rtmp://127.0.0.1:{self.port}/live"

    def recording(self, name: str) -> Path:
        return self.folder / "recorded" / f"{name}.flv"

    def start(self) -> "RtmpServer":
        nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
        assert nginx and _MODULE.is_file(), "Debian's nginx and libnginx-mod-rtmp are needed"
        (self.folder / "recorded").mkdir(parents=True, exist_ok=True)
        user = "user root;" if os.geteuid() == 0 else ""  # else its worker may not write here
        configuration = self.folder / "nginx.conf"
        configuration.write_text(_CONFIGURATION.format(user=user, module=_MODULE, folder=self.folder, port=self.port))
        self.process = subprocess.Popen([nginx, "-c", str(configuration), "-e", str(self.folder / "error.log")])
        wait_until(lambda: (self.folder / "nginx.pid").exists() and self.listens(), "nginx listens")
        return self

    def listens(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "error.log").read_text()
        log = self.folder / "error.log"
        return log.exists() and "start worker process" in log.read_text()

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
            self.process = None
