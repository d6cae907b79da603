"""What the doctor finds, and what it says to do about it."""

import os
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from reelroom.cli import binaries, doctor, summaries
from reelroom.cli.doctor import examine, healthy
from reelroom.cli.finding import Finding
from reelroom.composer import lettering, words
from reelroom.config import Settings
from reelroom.keys import load_keys
from reelroom.store.schema import database_url, prepare
from tests.oracle import Oracle


@pytest.fixture(autouse=True)
def whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine that has everything."""
    engine, tap, page = tmp_path / "engine", tmp_path / "tap", tmp_path / "page"
    engine.write_text("#!/bin/sh\necho engine version 1.2.3\n")
    tap.write_text("#!/bin/sh\n")
    engine.chmod(0o755)
    tap.chmod(0o755)
    page.mkdir()
    (page / "index.html").touch()
    monkeypatch.setenv(binaries.ENGINE_VARIABLE, str(engine))
    monkeypatch.setenv(binaries.TAP_VARIABLE, str(tap))
    monkeypatch.setenv(binaries.PAGE_VARIABLE, str(page))
    return tmp_path


def find(name: str, data_dir: Path) -> Finding:
    return next(each for each in examine(data_dir=data_dir) if each.name == name)


def test_a_whole_machine_is_healthy(whole: Path) -> None:
    findings = examine(data_dir=whole / "data")
    assert [finding for finding in findings if not finding.ok and finding.required] == []
    assert healthy(findings)
    assert all(finding.detail for finding in findings)
    assert not (whole / "data").exists()


def test_every_fault_has_a_remedy(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "engine_binary", lambda: None)
    monkeypatch.setattr(binaries, "tap_binary", lambda: None)
    monkeypatch.setattr(binaries, "page_dir", lambda: None)
    findings = examine(data_dir=whole / "tap" / "data")
    faults = [finding for finding in findings if not finding.ok]
    assert {"engine", "tap", "page", "data"} <= {fault.name for fault in faults}
    assert all(fault.remedy for fault in faults)
    assert not healthy(findings)


def test_what_is_not_built_is_made_by_make(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(binaries.ENGINE_VARIABLE)
    monkeypatch.setattr(binaries, "engine_binary", lambda: None)
    assert find("engine", whole) == Finding("engine", False, "not built", "run `make setup`")


def test_the_engine_says_its_version(whole: Path) -> None:
    assert find("engine", whole).detail == f"engine version 1.2.3 ({whole / 'engine'})"


def test_an_engine_that_does_not_run(whole: Path) -> None:
    (whole / "engine").write_text("#!/bin/sh\nexit 1\n")
    finding = find("engine", whole)
    assert not finding.ok
    assert "does not run" in finding.detail


def test_a_variable_that_names_nothing(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(binaries.TAP_VARIABLE, str(whole / "nothing"))
    finding = find("tap", whole)
    assert (finding.ok, finding.remedy) == (False, "let REELROOM_TAP_BINARY name one, or unset it")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_data_directory_of_somebody_else(whole: Path) -> None:
    (whole / "data").mkdir(mode=0o555)
    assert not find("data", whole / "data").ok


def test_a_data_directory_that_is_a_file(whole: Path) -> None:
    finding = find("data", whole / "tap")
    assert (finding.ok, finding.required) == (False, True)


def test_little_disk_is_advice(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage(NamedTuple):
        total: int
        used: int
        free: int

    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**12, 10**12, 10**9))
    findings = examine(data_dir=whole)
    disk = next(finding for finding in findings if finding.name == "disk")
    assert (disk.ok, disk.detail, disk.required) == (False, "1.0 GB free", False)
    assert healthy(findings)


def test_an_encoder_that_is_missing(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "ENCODERS", ("libx264", "no_such_encoder"))
    finding = find("encoders", whole)
    assert not finding.ok
    assert finding.detail.endswith("lacks no_such_encoder")


def test_a_model_or_a_typeface_that_is_missing(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find("speech", whole).ok
    assert find("typefaces", whole).ok
    monkeypatch.setattr(words, "files", lambda package: whole / package)
    words._model.cache_clear()
    assert not find("speech", whole).ok

    def missing(*_: object) -> None:
        raise FileNotFoundError("the typefaces of the Python package manimgx_fonts are missing")

    monkeypatch.setattr(lettering, "line", missing)
    assert find("typefaces", whole).detail.endswith("manimgx_fonts are missing")


def test_a_small_receive_buffer_and_no_browser_are_advice(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (whole / "rmem_max").write_text("212992\n")
    monkeypatch.setattr(doctor, "RECEIVE_BUFFER", whole / "rmem_max")
    monkeypatch.setattr(doctor, "chromium", lambda: None)
    findings = examine(data_dir=whole)
    advice = {finding.name for finding in findings if not finding.ok}
    assert advice >= {"receive buffer", "browser"}
    assert healthy(findings)


@pytest.mark.parametrize(("version", "fine"), [(0, False), (1, True), (7, True)])
def test_a_kernel_without_fences_is_advice(
    whole: Path, monkeypatch: pytest.MonkeyPatch, version: int, fine: bool
) -> None:
    monkeypatch.setattr(doctor.fence, "version", lambda: version)
    found = find("fence", whole)
    assert found.ok is fine and not found.required
    assert fine or "Landlock" in found.remedy


def test_a_browser_without_its_sandbox_is_advice(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "chromium", lambda: "/usr/bin/chromium")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    browser = find("browser", whole)
    assert not browser.ok and not browser.required
    assert browser.detail == "/usr/bin/chromium has no sandbox for root"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert find("browser", whole).ok


def test_keys_and_database_are_looked_at(whole: Path) -> None:
    data = whole / "data"
    assert find("keys", data).detail.endswith("will be made")
    assert find("database", data).detail.endswith("will be made")
    assert not data.exists()
    data.mkdir()
    prepare(data, database_url(data))
    lost = find("keys", data)
    assert (lost.ok, "restore it from a backup" in lost.remedy) == (False, True)
    load_keys(data)
    assert find("keys", data).ok
    assert find("database", data) == Finding("database", True, "up to date")
    (data / "reelroom.db").write_bytes(b"no database" * 100)
    assert "is broken" in find("database", data).detail
    assert not find("database", data).ok


def test_it_looks_whether_the_model_that_sums_up_is_there() -> None:
    assert summaries.examine(Settings()) == []
    with Oracle().serving() as oracle:
        (good,) = summaries.examine(Settings(summary_url=oracle.url, summary_model="small"))
        (other,) = summaries.examine(Settings(summary_url=oracle.url, summary_model="huge"))
    assert good.ok and not other.ok and "it has small:latest, large" in other.remedy
    (away,) = summaries.examine(Settings(summary_url=oracle.url, summary_model="small"))
    assert not away.ok and not away.required and "does not list its models" in away.detail
    assert not oracle.asked
