"""The command line: serve, make films by hand, and say what is missing."""

import datetime
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from reelroom.cli.database import backup, restore, upgrade
from reelroom.cli.invitations import invitations, invite
from reelroom.cli.models import models
from reelroom.cli.moving import move_to_store
from reelroom.cli.nodes import drain, nodes
from reelroom.cli.projects import callbacks, projects
from reelroom.config import OPEN_WORDS, Settings, WrongSettings, cores, read_settings
from reelroom.errors import Refused
from reelroom.layouts.names import LAYOUTS, RATES, Size

if TYPE_CHECKING:
    from reelroom.cutting.kept import Kept
    from reelroom.cutting.plan import Plan, Splice
    from reelroom.cutting.recut import RecutOrder
    from reelroom.takes.folder import Take

# Each command imports its own parts: composing needs no web server, serving no decoder.
# ruff: noqa: PLC0415

cli = typer.Typer(help="Video rooms that record themselves.", no_args_is_help=True, pretty_exceptions_enable=False)
cli.add_typer(projects, name="project")
cli.add_typer(callbacks, name="callbacks")
cli.add_typer(invitations, name="invitations")
cli.add_typer(models, name="model")
for command in (backup, drain, invite, move_to_store, nodes, restore, upgrade):
    cli.command()(command)
_console = Console()
_errors = Console(stderr=True)


def _fail(message: str) -> typer.Exit:
    _errors.print(message, style="red", markup=False, soft_wrap=True)
    return typer.Exit(1)


def _settings(host: str | None, port: int | None, data_dir: Path | None) -> Settings:
    given = {"host": host, "port": port, "data_dir": data_dir}
    try:
        return read_settings(**{name: value for name, value in given.items() if value is not None})
    except WrongSettings as error:
        raise _fail(str(error)) from None


def _say_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        _console.print(f"Reelroom {version('reelroom')}", highlight=False)
        raise typer.Exit


@cli.callback()
def _all_commands(
    _version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    pass


Host = Annotated[str | None, typer.Option(help="Address to listen on (REELROOM_HOST; default 127.0.0.1).")]
Port = Annotated[int | None, typer.Option(help="Port to listen on (REELROOM_PORT; default 8080).")]
DataDir = Annotated[Path | None, typer.Option(help="Folder for all state (REELROOM_DATA_DIR; default ./data).")]


@cli.command()
def serve(host: Host = None, port: Port = None, data_dir: DataDir = None) -> None:
    """Start the server: page, API, engine, recordings."""
    import structlog

    from reelroom.api.app import create_app
    from reelroom.api.serving import ignore_draining, serve_until_stopped
    from reelroom.cli import binaries, ports
    from reelroom.engine.livekit import EngineError
    from reelroom.engine.local import surviving_engines
    from reelroom.files.private import keep_private
    from reelroom.logs import log_to
    from reelroom.processes.inside import confine
    from reelroom.renders.page.chromium import NO_SANDBOX, chromium, is_sandboxed
    from reelroom.roles.everything import Server
    from reelroom.roles.lock import DataDirectoryInUse, lock
    from reelroom.store.schema import DatabaseError, database_url, prepare

    settings = _settings(host, port, data_dir)
    log_to(sys.stderr, settings.log_level)
    confine()  # and so every program it starts: engine, taps, telephones, browsers
    if chromium() and not is_sandboxed():
        structlog.get_logger().warning(NO_SANDBOX)
    if settings.too_open:
        raise _fail(
            f"Anybody who reaches {settings.host} could open every room. Set REELROOM_AUTH=token to let people in by "
            f"invitation and token only, or REELROOM_OPEN_TO_ALL={OPEN_WORDS} if that is what you want"
        )
    engine, tap, page = binaries.engine_binary(), binaries.tap_binary(), binaries.page_dir()
    if engine is None or tap is None or page is None:
        raise _fail("A part is missing: `reelroom doctor` says which, and `make setup` builds them")
    try:
        keep_private(settings.data_dir)
        ignore_draining()  # whoever has the lock may be told to drain
        held = lock(settings.data_dir)
        prepare(settings.data_dir, database_url(settings.data_dir, settings.database_url))
        server = Server(settings, engine, tap, sip_binary=binaries.sip_binary())
    except (OSError, ValueError, DataDirectoryInUse, DatabaseError) as error:
        raise _fail(str(error)) from None
    # Where it runs elsewhere, or has outlived a server, its ports are rightly taken.
    runs = bool(settings.engine_at or surviving_engines(settings.data_dir))
    for listening in ports.own_ports(settings) + ([] if runs else ports.engine_ports(settings)):
        if not (finding := listening.examine()).ok:
            raise _fail(f"{finding.detail}. {finding.remedy}")
    try:
        serve_until_stopped(
            create_app(server, page),
            server,
            lambda: _console.print(f"Reelroom is at {settings.base_url}", highlight=False, soft_wrap=True),
        )
    except EngineError as error:
        raise _fail(str(error)) from None
    finally:
        held.close()


@cli.command()
def stop(
    end_recordings: Annotated[
        bool, typer.Option("--end-recordings", help="End meetings and recordings, too; else the next start has them.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Stop the server. Meetings and recordings go on for a while, so that the next start takes them over."""
    from reelroom.roles.stopping import NoServer, stop_server

    settings = _settings(None, None, data_dir)
    try:
        stop_server(settings.data_dir, end_recordings=end_recordings)
    except (NoServer, OSError) as error:
        raise _fail(str(error)) from None
    if not end_recordings:
        _console.print(f"Meetings and recordings go on for {settings.orphan_seconds} s: start it again by then.")


@cli.command("engine-config")
def print_engine_config(
    tell: Annotated[
        list[str] | None, typer.Option(help="Address of a server; once for each (default: this one).")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Print what a media engine that runs by itself is to be started with (REELROOM_ENGINE_AT); it has its keys."""
    from reelroom.engine.local import engine_config
    from reelroom.roles.secrets import own_keys
    from reelroom.store.schema import DatabaseError

    settings = _settings(None, None, data_dir)
    try:
        keys = own_keys(settings.data_dir, settings.database_url)
    except (ValueError, OSError, DatabaseError) as error:
        raise _fail(str(error)) from None
    typer.echo(json.dumps(engine_config(settings, keys, tell or ()), indent=2))


@cli.command()
def recorder(
    room: Annotated[str, typer.Argument(help="The room's name.")],
    hours: Annotated[int, typer.Option(help="How long the link works.", min=1, max=30 * 24)] = 24,
    data_dir: DataDir = None,
) -> None:
    """Print a link to a room's recorder page: everybody there is shown that a recorder listens."""
    from reelroom.opentok.invites import Invite, write_invite
    from reelroom.opentok.recorder_grants import recorder_link, write_grant
    from reelroom.roles.secrets import own_keys
    from reelroom.rooms.names import checked_room_name
    from reelroom.store.schema import DatabaseError

    settings = _settings(None, None, data_dir)
    seconds = hours * 3600
    try:
        name = checked_room_name(room)
        secret = own_keys(settings.data_dir, settings.database_url).link_secret
    except (Refused, ValueError, OSError, DatabaseError) as error:
        raise _fail(str(error)) from None
    invite = write_invite(Invite(name, "subscriber", int(time.time()) + seconds), secret)
    link = recorder_link(settings.base_url, name, write_grant(name, seconds, secret), invite)
    _console.print(link, highlight=False, soft_wrap=True, markup=False)


From = Annotated[float | None, typer.Option("--from", help="Begin there, in s from its start.")]
To = Annotated[float | None, typer.Option("--to", help="End there, in s from its start.")]
FilmSize = Annotated[str | None, typer.Option("--size", help="Width and height in pixels, such as 1920x1080.")]
FilmRate = Annotated[int | None, typer.Option("--rate", help=f"Pictures a second: {', '.join(map(str, RATES))}.")]
FilmLayout = Annotated[
    str | None,
    typer.Option("--layout", help=f"One of {', '.join(LAYOUTS)}."),
]

Ranges = Annotated[
    str | None,
    typer.Option("--ranges", help="What to keep, as 0:10-0:25.5,1:02-2:00; cuts are laid into silences near by."),
]

Spliced = Annotated[
    bool | None,
    typer.Option("--splice/--no-splice", help="Copy what a camera encoded where that alone fills the frame."),
]

Jobs = Annotated[int | None, typer.Option(min=1, help="Processes that share the work (default: one a core).")]


def _plan(plan: "Plan", layout: str | None, size: str | None, rate: int | None) -> "Plan":
    from reelroom.cutting.plan import LayoutChoice, LayoutFrom, Plan

    try:
        asked = asdict(Size.parse(size)) if size is not None else {}
    except ValueError as error:
        raise _fail(f"--size: {error}") from None
    if rate is not None:
        if rate not in RATES:
            raise _fail(f"--rate: one of {', '.join(map(str, RATES))}")
        asked["rate"] = rate
    try:
        if asked:
            plan = Plan.model_validate({**plan.model_dump(exclude=set(asked)), **asked})
        if layout is not None:
            step = LayoutFrom(at=0, layout=LayoutChoice.model_validate({"type": layout}))
            plan = plan.model_copy(update={"layouts": (step,)})
    except ValidationError as error:
        first = error.errors()[0]
        name = "--layout" if first["loc"][:1] == ("type",) or not first["loc"] else "--size"
        raise _fail(f"{name}: {first['msg']}") from None
    return plan


@cli.command("compose")
def compose_take(
    take: Annotated[Path, typer.Argument(help="The take's folder.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The film to make.")],
    begin: From = None,
    to: To = None,
    ranges: Ranges = None,
    layout: FilmLayout = None,
    size: FilmSize = None,
    rate: FilmRate = None,
    splice: Spliced = None,
    jobs: Jobs = None,
) -> None:
    """Make a film of a take, with no server or engine running."""
    from reelroom.cutting.kept import Kept
    from reelroom.cutting.plan import Plan
    from reelroom.takes.folder import Take, TakeError, extent

    settings = _settings(None, None, None)
    plan = _plan(Plan(loudness=settings.loudness, splice=settings.splice), layout, size, rate)
    try:
        opened = Take.open(take)
        whole = extent(opened)
        wish = _wish(begin, to, ranges, splice)
        film = wish.kept(Kept((whole,)), whole)
        _compose(opened, output, film, wish.plan(plan, film), jobs)
    except (TakeError, OSError, Refused) as error:
        raise _fail(str(error)) from None


@cli.command("recut")
def recut_archive(
    archive_id: Annotated[str, typer.Argument(help="The archive to cut again.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The film to make.")] = None,
    begin: From = None,
    to: To = None,
    ranges: Ranges = None,
    layout: FilmLayout = None,
    size: FilmSize = None,
    rate: FilmRate = None,
    splice: Spliced = None,
    jobs: Jobs = None,
    data_dir: DataDir = None,
) -> None:
    """Make another film of what an archive was cut from, in this folder; whether a server runs or not."""
    import asyncio

    from reelroom.archives.answer import plan_of
    from reelroom.cutting.kept import kept
    from reelroom.cutting.plan import PlanError
    from reelroom.files.shipment import is_whole
    from reelroom.store.schema import DatabaseError, database_url
    from reelroom.store.store import find_archive
    from reelroom.takes.folder import Take, TakeError, extent

    settings = _settings(None, None, data_dir)
    try:
        url = database_url(settings.data_dir, settings.database_url)
        archive = asyncio.run(find_archive(settings.data_dir, url, archive_id))
        if archive is None:
            raise _fail(f"There is no archive {archive_id} in {settings.data_dir}")
        folder = settings.data_dir / "takes" / archive.take_id
        if not (folder / "take.json").is_file():
            raise _fail("The recording that this archive was cut from has been removed: only the film is left")
        if not is_whole(folder):
            raise _fail("The tracks of this recording lie in the depot: have the server cut the archive again")
        plan = _plan(plan_of(archive), layout, size, rate)
        take = Take.open(folder)
        whole = extent(take)
        end = archive.end_us if archive.end_us is not None else whole[1]
        wish = _wish(begin, to, ranges, splice)
        film = wish.kept(kept(plan, archive.start_us, end), whole)
        named = output or Path(f"{archive_id}-recut.mp4")
        _compose(take, named, film, wish.plan(plan, film), jobs)
    except (TakeError, OSError, Refused, DatabaseError, PlanError) as error:
        raise _fail(str(error)) from None


def _wish(begin: float | None, to: float | None, ranges: str | None, splice: bool | None) -> "RecutOrder":
    """What of a film or a take is meant. Raises BadRequest."""
    from reelroom.cutting.recut import RecutOrder, parse_ranges

    copies: Splice | None = None if splice is None else "auto" if splice else "never"
    wish = RecutOrder(begin=begin, end=to, ranges=parse_ranges(ranges) if ranges else None, splice=copies)
    wish.check()
    return wish


def _compose(take: "Take", output: Path, film: "Kept", plan: "Plan", jobs: int | None) -> None:
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from reelroom.composer.side_by_side import compose_side_by_side

    start, end = film.start, film.end
    with Progress(
        TextColumn("composing"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    ) as bar:
        task = bar.add_task("composing", total=end - start)
        began = time.monotonic()
        report = compose_side_by_side(
            take,
            output,
            start=start,
            end=end,
            plan=plan,
            jobs=jobs or cores(),
            progress=lambda moment, behind: bar.update(task, completed=moment - start),
            extras=False,
        )
        bar.update(task, completed=end - start)
    seconds, spent = report.length / 1e6, time.monotonic() - began
    _console.print(f"{output}: {seconds:.1f} s, {report.shots} shots, composed in {spent:.1f} s")


@cli.command("doctor")
def examine(host: Host = None, port: Port = None, data_dir: DataDir = None) -> None:
    """Say what is missing and how to get it."""
    from reelroom.cli import doctor, ports, summaries, turn
    from reelroom.recorder.shipping import depot_of

    settings = _settings(host, port, data_dir)
    listening = ports.own_ports(settings) + ports.engine_ports(settings) + ports.telephone_ports(settings)
    findings = [each.examine() for each in listening]
    findings += doctor.examine(
        data_dir=settings.data_dir, chosen_database=settings.database_url, depot=depot_of(settings)
    )
    findings += turn.examine(settings, datetime.datetime.now(datetime.UTC))
    findings += summaries.examine(settings)
    table = Table(box=None, show_header=False)
    for finding in findings:
        mark = "[green]ok[/]" if finding.ok else "[red]missing[/]"
        table.add_row(mark, finding.name, finding.detail, "" if finding.ok else finding.remedy)
    _console.print(table)
    if not doctor.healthy(findings):
        raise typer.Exit(1)


def main() -> None:
    """The entry point."""
    cli()
