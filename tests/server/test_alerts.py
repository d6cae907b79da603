"""The alarms of docs/alerts.yml: each asks for metrics and labels that the server tells of, and says what to do."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import yaml
from prometheus_client.parser import text_string_to_metric_families

from reelroom.measures import TELEPHONE_CALLS, TRACK_NOT_RECORDED
from reelroom.recorder.taps import TapCount
from tests.server.conftest import House
from tests.server.waiting import eventually

RULES = Path(__file__).parents[2] / "docs" / "alerts.yml"
DASHBOARD = Path(__file__).parents[2] / "deploy" / "grafana.json"
METRIC = re.compile(r"\b(up|reelroom_\w+)(?:\{(\w+)=\"([^\"]*)\"\})?")
WORDS = r"(and|or|on|sum|by|le|rate|delta|increase|min_over_time|predict_linear|histogram_quantile)"


def rules() -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = yaml.safe_load(RULES.read_text())["groups"][0]["rules"]
    return read


def panels() -> list[dict[str, str]]:
    """What the dashboard asks for."""
    shown = json.loads(DASHBOARD.read_text())["panels"]
    return [{"alert": panel["title"], "expr": target["expr"]} for panel in shown for target in panel["targets"]]


async def test_each_alarm_asks_for_what_is_told(house: House, client: httpx.AsyncClient) -> None:
    """While something is recorded, so that each metric has a value."""
    answer = (await client.post("/render", json={"roomName": "demo"})).json()
    await eventually(lambda: house.server.store.archives.of_render(answer["id"]))
    take = (await house.server.renders.get(answer["id"])).take_id or ""
    house.server.taps.counted[take] = TapCount(restarts=1, lost=1)  # type: ignore[attr-defined]
    TRACK_NOT_RECORDED.labels("codec").inc()
    TELEPHONE_CALLS.labels("200").inc()
    text = (await client.get("/metrics")).text
    told = {
        (sample.name, label)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        for label in (None, *sample.labels.items())
    }
    assert len(rules()) > 10
    for rule in [*rules(), *panels()]:
        asked = METRIC.findall(rule["expr"])
        assert asked, rule["alert"]
        for name, label, value in asked:
            assert name == "up" or (name, (label, value) if label else None) in told, (rule["alert"], name, label)


def test_each_alarm_has_its_words() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(set(names)) == len(names)
    for rule in rules():
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in {"page", "warn"}
        assert rule["annotations"]["summary"].endswith((".", "?")), rule["alert"]


def test_each_expression_is_one_of_prometheus() -> None:
    """As far as can be seen without its program: functions that there are, and parentheses that close."""
    for rule in rules():
        rest = re.sub(r"\[\d+[smh]\]", "", METRIC.sub("", rule["expr"]))
        assert rest.count("(") == rest.count(")"), rule["expr"]
        left = re.sub(rf"\b{WORDS}\b|[()<>=*/,.\d\s]", "", rest)
        assert left == "", (rule["expr"], left)
