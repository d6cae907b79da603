"""What `make` does before it does anything else: steps, stamps, and the sentences for what is missing."""

import io
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import locks
import machine
import page
import prepare
import tools
from prepare import ROOT, Preparation
from show import Screen, Stop, Stopped, cause, duration, last_lines
from stamp import BEGUN, Stamp, digest, files_under


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    with Screen(tmp_path / "logs") as screen:
        yield screen


class Kitchen:
    """One step that writes its input into one file."""

    def __init__(self, root: Path, screen: Screen) -> None:
        self.preparation = Preparation(root, screen)
        self.output = root / "output"
        self.stamp = Stamp(root / ".build/stamps/bread")
        self.baked: list[tuple[str, bool]] = []

    def bake(self, inputs: str, fails: bool = False) -> None:
        def make(from_nothing: bool) -> None:
            self.baked.append((inputs, from_nothing))
            if fails:
                raise Stop("There is no flour: buy some.")
            self.output.write_text(inputs)

        self.preparation.step("bread", "baking", inputs, [self.output], make)


@pytest.fixture
def kitchen(tmp_path: Path, screen: Screen) -> Kitchen:
    return Kitchen(tmp_path, screen)


def test_a_step_is_made_once(kitchen: Kitchen) -> None:
    kitchen.bake("rye")
    kitchen.bake("rye")
    assert kitchen.baked == [("rye", False)]


def test_a_step_is_made_again_when_its_inputs_change_or_its_output_is_gone(kitchen: Kitchen) -> None:
    kitchen.bake("rye")
    kitchen.bake("wheat")
    kitchen.output.unlink()
    kitchen.bake("wheat")
    assert kitchen.baked == [("rye", False), ("wheat", False), ("wheat", False)]


def test_a_failed_step_starts_from_nothing(kitchen: Kitchen) -> None:
    kitchen.bake("rye")
    with pytest.raises(Stop):
        kitchen.bake("wheat", fails=True)
    kitchen.bake("rye")  # its output is still there, yet who knows in which state
    assert kitchen.baked[-1] == ("rye", True)


def test_a_killed_step_does_not_count(kitchen: Kitchen) -> None:
    kitchen.stamp.begin()
    kitchen.output.write_text("half a loaf")
    assert kitchen.stamp.reads() == BEGUN
    kitchen.bake("rye")
    assert kitchen.baked == [("rye", True)]
    assert kitchen.stamp.reads() == "rye"


def test_a_digest_tells_files_apart(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("a")
    before = digest(one, two, root=tmp_path)
    two.write_text("")
    assert digest(one, two, root=tmp_path) != before
    assert digest("ab", "c", root=tmp_path) != digest("a", "bc", root=tmp_path)


def test_files_under_leaves_out(tmp_path: Path) -> None:
    for name in ("a.go", "sub/b.go", "node_modules/c.go", ".hidden/d.go", ".e"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = files_under(tmp_path, ["node_modules"])
    assert [path.relative_to(tmp_path).as_posix() for path in found] == ["a.go", "sub/b.go"]


def run(screen: Screen, code: str, failure: str = "It broke: mend it.", fetches: str = "") -> None:
    command = [sys.executable, "-c", code]
    screen.run("job", command, folder=ROOT, environment={}, failure=failure, fetches=fetches)


def test_a_command_that_fails_leaves_a_sentence_and_a_log(screen: Screen) -> None:
    with pytest.raises(Stop) as caught:
        run(screen, "print('first'); print('last'); raise SystemExit(3)")
    assert caught.value.sentence == "It broke: mend it."
    assert caught.value.log
    assert last_lines(caught.value.log, 2) == "    first\n    last"


def test_a_program_that_is_not_there(screen: Screen) -> None:
    with pytest.raises(Stop, match="mend it"):
        screen.run("job", ["/nothing/here"], folder=ROOT, environment={}, failure="mend it")


def test_an_outside_cause_has_its_own_sentence(screen: Screen) -> None:
    with pytest.raises(Stop, match="could not reach the npm registry"):
        run(screen, "print('npm error code ENOTFOUND'); raise SystemExit(1)", fetches="the npm registry")
    assert cause("dial tcp: connection refused") is None
    assert "disk" in (cause("write: No space left on device") or "")


def test_stopping_ends_a_command_that_runs(screen: Screen) -> None:
    ended: list[type[BaseException] | None] = []

    def job() -> None:
        try:
            run(screen, "import time; time.sleep(60)")
        except Stopped:
            ended.append(Stopped)

    thread = threading.Thread(target=job)
    since = time.monotonic()
    thread.start()
    time.sleep(0.3)
    screen.stop()
    thread.join(10)
    assert ended == [Stopped]
    assert time.monotonic() - since < 10
    with pytest.raises(Stopped):
        run(screen, "pass")


def test_a_screen_that_is_no_terminal_has_plain_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = io.StringIO()
    monkeypatch.setattr(sys, "stdout", output)
    with Screen(tmp_path) as screen:
        screen.start("engine", "building the engine")
        screen.done("engine")
    assert output.getvalue().splitlines() == [
        "engine       building the engine ...",
        "engine       building the engine: done in 0.0 s",
    ]


@pytest.mark.parametrize(("seconds", "text"), [(4.21, "4.2 s"), (48.4, "48 s"), (125.0, "2 min 5 s"), (59.9, "60 s")])
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("says", "enough"),
    [
        ("v18.20.4", False),
        ("v20.18.0", False),
        ("v20.19.0", True),
        ("v21.7.3", False),
        ("v22.11.0", False),
        ("v24.1.0", True),
    ],
)
def test_which_node_is_enough(says: str, enough: bool) -> None:
    assert machine.node_is_enough(machine.version_in(says)) is enough


def test_which_go_is_enough(tmp_path: Path) -> None:
    module = tmp_path / "go.mod"
    module.write_text("module a\n\ngo 1.26.4\n")
    needed = machine.go_needed(module, tmp_path / "missing")
    assert needed == (1, 26, 4)
    assert not machine.go_is_enough(machine.version_in("go version go1.26.3 linux/amd64"), needed)
    assert machine.go_is_enough(machine.version_in("go version go1.27 linux/amd64"), needed)


def test_the_go_that_can_be_brought_builds_everything() -> None:
    brought = machine.version_in((ROOT / "setup/locks/go.txt").read_text().split("==")[1])
    assert machine.go_is_enough(
        brought, machine.go_needed(*(ROOT / name / "go.mod" for name in ("engine", "tap", "sip")))
    )


def test_the_locks_fit_pyproject_and_name_no_address(screen: Screen) -> None:
    Preparation(ROOT, screen).check_locks()
    for name in locks.LOCKS:
        assert "://" not in (ROOT / name).read_text()
    for folder in ("web", "tests/sdk/node"):
        assert '"resolved"' not in (ROOT / folder / "package-lock.json").read_text()


def test_node_packages_are_installed_again_when_their_lock_changes(tmp_path: Path, screen: Screen) -> None:
    folder = tmp_path / "packages"
    folder.mkdir()
    program = tmp_path / "npm"
    program.write_text("#!/bin/sh\nmkdir -p node_modules && cp package-lock.json node_modules/.package-lock.json\n")
    program.chmod(0o755)
    npm = page.Npm(str(program), "24.1", {"PATH": "/usr/bin:/bin"})
    before = ""
    for lock in ("one", "one", "two"):
        (folder / "package-lock.json").write_text(lock)
        preparation = Preparation(tmp_path, screen)
        preparation.install_packages(npm, "sdk", "installing", "packages")
        assert (folder / "node_modules/.package-lock.json").read_text() == lock
        assert preparation.made == (0 if lock == before else 1)
        before = lock


def test_a_lock_that_does_not_fit_is_told(tmp_path: Path, screen: Screen) -> None:
    asked = (ROOT / "pyproject.toml").read_text().replace("dependencies = [", 'dependencies = ["one-more",', 1)
    (tmp_path / "pyproject.toml").write_text(asked)
    (tmp_path / "requirements.lock").write_text((ROOT / "requirements.lock").read_text())
    with pytest.raises(Stop, match="run 'make lock'"):
        Preparation(tmp_path, screen).check_locks()


def test_missing_programs_are_named_to_whoever_may_not_install_them(
    tmp_path: Path, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tools, "missing_tools", lambda _: ["chromium", "ffmpeg"])
    monkeypatch.setattr(tools, "can_install", lambda: False)
    monkeypatch.setattr(tools, "is_debian_like", lambda: True)
    with pytest.raises(Stop, match="sudo apt-get install chromium ffmpeg"):
        Preparation(tmp_path, screen).tools(machine.TEST_TOOLS)


def test_a_tool_may_be_a_file(tmp_path: Path) -> None:
    module = tmp_path / "module.so"
    wanted = (((str(module),), "its-package"),)
    assert machine.missing_tools(wanted) == ["its-package"]
    module.touch()
    assert machine.missing_tools(wanted) == []


def test_another_system_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(Stop, match="runs on Linux, and this is darwin"):
        prepare.check_machine()


def test_sigterm_is_an_interruption() -> None:
    with pytest.raises(KeyboardInterrupt):
        prepare.terminate(signal.SIGTERM, None)
