"""The programs of the system that tests and measurements call."""

from __future__ import annotations

from collections.abc import Sequence

from machine import (
    can_install,
    is_debian_like,
    missing_tools,
)
from show import Stop
from steps import Steps


class Tools(Steps):
    """Installs them, or says how."""

    def tools(self, wanted: Sequence[tuple[Sequence[str], str]]) -> None:
        """The programs that tests and measurements call, as packages of the system."""
        packages = missing_tools(wanted)
        if not packages:
            return
        names = " ".join(packages)
        if not can_install():
            raise Stop(
                f"The tests need more programs: run 'sudo apt-get install {names}' and run it again."
                if is_debian_like()
                else f"The tests need more programs: install with your system's package manager {names}."
            )
        self.screen.start("tools", f"installing {names}")
        try:
            self.apt_install("tools", packages)
        except BaseException:
            self.screen.failed("tools")
            raise
        still = missing_tools(wanted)
        if still:
            self.screen.failed("tools")
            raise Stop(f"The tests need {' '.join(still)}, and apt-get has installed none that works here.")
        self.made += 1
        self.screen.done("tools")
