"""The locked environment of Python packages, .venv, with the project itself."""

from __future__ import annotations

import sys
from pathlib import Path

from machine import (
    answer,
)
from stamp import digest
from steps import Steps, base_python


class Environment(Steps):
    """Brings .venv up to date."""

    def environment(self, uv: Path, kind: str) -> None:
        """The locked environment .venv with the project itself. Once a developer's, it stays one."""
        home = self.root / ".venv"
        python, program = home / "bin/python", home / "bin/reelroom"
        mark = self.build / "dev"
        if kind != "run":
            mark.touch()
        lock = self.root / ("requirements-dev.lock" if mark.exists() else "requirements.lock")
        wanted = f"{sys.version_info[0]}.{sys.version_info[1]} {sys.base_prefix}"

        def run(*command: str | Path, failure: str, fetches: str = "", append: bool = True) -> None:
            self.screen.run(
                "environment",
                [uv, *command],
                folder=self.root,
                environment=self.environ,
                failure=failure,
                fetches=fetches,
                append=append,
            )

        def make(from_nothing: bool) -> None:
            ask = "import sys; print(f'{sys.version_info[0]}.{sys.version_info[1]} {sys.base_prefix}')"
            moved = program.is_file() and str(home) not in program.read_text()
            if from_nothing or moved or answer([str(python), "-c", ask]) != wanted:
                failure = "uv could not make the virtual environment .venv."
                run("venv", "--clear", "--python", base_python(), home, failure=failure, append=False)
            run(
                # Compiled now: Python may not keep it later (another user, PYTHONDONTWRITEBYTECODE), and each
                # recording starts programs, which would compile all of it again.
                *("pip", "sync", "--compile-bytecode", "--python", python),
                *("--require-hashes", "--only-binary", ":all:", lock),
                failure="The locked packages could not be installed: usually one of them has no wheel for "
                "this Python or machine; name another Python, as in 'make run PYTHON=python3.12'.",
                fetches="PyPI",
            )
            run(
                *(
                    "pip",
                    "install",
                    "--python",
                    python,
                    "--no-deps",
                    "--no-build-isolation",
                    "--editable",
                    self.root,
                ),
                failure="Reelroom itself could not be installed into .venv.",
            )

        inputs = digest(lock, self.root / "pyproject.toml", wanted, str(home), root=self.root)
        what = f"installing {'development ' if mark.exists() else ''}packages into .venv"
        self.step("environment", what, inputs, [python, program], make)

        source = self.root / "src"
        ours = digest(*sorted(source.rglob("*.py")), wanted, root=self.root)

        def compile_ours(from_nothing: bool) -> None:
            self.screen.run(
                "bytecode",
                [str(python), "-m", "compileall", "-q", "-j", "0", str(source)],
                folder=self.root,
                environment=self.environ,
                failure="Reelroom's own files could not be compiled.",
            )

        # For the same reason: a server starts a quarter sooner.
        self.step("bytecode", "compiling Reelroom", ours, [source / "reelroom" / "__pycache__"], compile_ours)
