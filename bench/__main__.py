"""Measures what we claim about speed and prints it as ratios: python -m bench [name ...]"""

import argparse
import asyncio
import json
import logging
import signal
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import structlog
from rich import box
from rich.console import Console
from rich.table import Table

from bench import (
    api_speed,
    bad_line,
    browser_cost,
    compose_speed,
    finding,
    hour,
    keyframe_cost,
    many_rooms,
    page_start_time,
    rooms_at_once,
    sharing,
    situations,
    splice,
    start_time,
    stop_time,
    tap_cpu,
    transcripts,
)
from bench.meter import Measurement, machine

CLAIMS: dict[str, ModuleType] = {
    "tap_cpu": tap_cpu,
    "compose_speed": compose_speed,
    "start_time": start_time,
    "page_start_time": page_start_time,
    "stop_time": stop_time,
    "api_speed": api_speed,
    "browser_cost": browser_cost,
    "rooms_at_once": rooms_at_once,
    "situations": situations,
    "bad_line": bad_line,
    "transcripts": transcripts,
    "finding": finding,
    "splice": splice,
    "sharing": sharing,
    "many_rooms": many_rooms,
}
ON_REQUEST: dict[str, ModuleType] = {"hour": hour, "keyframe_cost": keyframe_cost}  # it takes as long as it says
_RESULTS = Path(__file__).resolve().parent.parent / ".build" / "bench.json"


async def _measure(claim: ModuleType) -> Measurement:
    async with asyncio.timeout(claim.SECONDS):
        measurement: Measurement = await claim.measure()
        return measurement


def _table(results: dict[str, Measurement]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("", "measured"):
        table.add_column(heading, no_wrap=True)
    for heading in ("ratio", "its parts", "ours", "beside"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, measurement in results.items():
        for ratio in measurement.ratios:
            spread = "-".join(f"{part:.3g}" for part in ratio.spread) if ratio.spread else ""
            figures = (f"{figure:.3g} {ratio.unit}" for figure in (ratio.ours, ratio.beside))
            first = name if ratio is measurement.ratios[0] else ""
            table.add_row(first, ratio.what, f"[bold]{ratio.value:.3g}[/]", spread, *figures)
    return table


def _to_json(measurement: Measurement) -> dict[str, object]:
    ratios = [{**asdict(ratio), "ratio": ratio.value} for ratio in measurement.ratios]
    return {**asdict(measurement), "ratios": ratios}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="name",
        help=f"of {', '.join(CLAIMS | ON_REQUEST)}; default: all but {', '.join(ON_REQUEST)}",
    )
    names = parser.parse_args().names or list(CLAIMS)
    claims = CLAIMS | ON_REQUEST
    if unknown := [name for name in names if name not in claims]:
        parser.error(f"no such claim: {', '.join(unknown)}; there are {', '.join(claims)}")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    logging.disable(logging.WARNING)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started is ended then, too
    console = Console() if sys.stdout.isatty() else Console(width=130)
    results: dict[str, Measurement] = {}
    failures: dict[str, str] = {}
    before = machine()
    for name in names:
        console.print(f"measuring {name}: {claims[name].CLAIM} …", highlight=False, soft_wrap=True)
        began = time.monotonic()
        try:
            results[name] = asyncio.run(_measure(claims[name]))
        except KeyboardInterrupt:
            console.print("stopped")
            return 130
        except Exception as error:
            failures[name] = str(error) or type(error).__name__
            console.print(f"  {name} failed: {failures[name]}", style="red", markup=False, soft_wrap=True)
            continue
        for line in [*results[name].facts, f"took {time.monotonic() - began:.0f} s"]:
            console.print(f"  {line}", highlight=False, markup=False, soft_wrap=True)
        for doubt in results[name].doubts:
            console.print(f"  doubtful: {doubt}", style="yellow", markup=False, soft_wrap=True)
    if results:
        console.print(_table(results))
    _RESULTS.parent.mkdir(exist_ok=True)
    document = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": before,
        "results": {name: _to_json(measurement) for name, measurement in results.items()},
        "failures": failures,
    }
    _RESULTS.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
