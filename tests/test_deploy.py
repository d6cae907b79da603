"""The deployment files: what can be seen of them without the programs that run them."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from reelroom.api.origin import Origins
from reelroom.config import ROLES, Settings, read_roles

DEPLOY = Path(__file__).parents[1] / "deploy"
CHART = DEPLOY / "helm" / "reelroom"
SETTING = re.compile(r"\bREELROOM_[A-Z_]+")
FILES = [
    DEPLOY / "compose.yaml",
    DEPLOY / "Containerfile",
    CHART / "values.yaml",
    CHART / "templates" / "servers.yaml",
    CHART / "templates" / "services.yaml",
]


def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return read


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_setting_that_is_named_is_one(path: Path) -> None:
    known = {f"REELROOM_{name.upper()}" for name in Settings.model_fields}
    # What Kubernetes would add by itself is named in a comment.
    assert set(SETTING.findall(path.read_text())) - {"REELROOM_SERVICE_HOST"} <= known


def test_the_services_of_compose_belong_together() -> None:
    read = compose()
    volumes = set(read["volumes"])
    for name, service in read["services"].items():
        needs = set(service.get("depends_on", ()))
        assert needs <= read["services"].keys(), name
        for mounted in service.get("volumes", ()):
            source = mounted.partition(":")[0]
            assert source in volumes or (DEPLOY / source).is_file(), (name, mounted)
    assert {"one", "two", "engine", "database", "depot", "proxy"} <= read["services"].keys()


def test_what_compose_asks_of_its_host_is_in_the_example() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+):\?\}", (DEPLOY / "compose.yaml").read_text()))
    given = set(re.findall(r"^([A-Z_]+)=", (DEPLOY / "example.env").read_text(), re.MULTILINE))
    assert asked == given


def test_the_settings_of_compose_can_be_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in compose()["services"]["one"]["environment"].items():
        monkeypatch.setenv(name, re.sub(r"\$\{\w+:?[-?]?([^}]*)\}", r"\1", str(value)) or "x")
    settings = Settings()
    assert settings.depot == "s3://reelroom"
    assert not settings.too_open
    assert {"one", "two"} <= Origins.of(settings).hosts, "the engine calls them by these names"


def test_the_servers_of_the_chart_have_all_roles() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    roles = [read_roles(server["roles"]) for server in values["servers"].values()]
    assert frozenset[str]().union(*roles) == set(ROLES)


def test_the_image_ends_as_the_server_does_and_runs_as_an_ordinary_user() -> None:
    lines = (DEPLOY / "Containerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith("USER ")] == ["USER 10001"]
    assert 'ENTRYPOINT ["reelroom"]' in lines
    assert not [line for line in lines if line.startswith("FROM") and line.endswith(":latest")]


def test_the_panels_of_the_dashboard_do_not_lie_on_each_other() -> None:
    panels = json.loads((DEPLOY / "grafana.json").read_text())["panels"]
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels]
    assert len(set(places)) == len(panels) == len({panel["id"] for panel in panels})


@pytest.mark.skipif(shutil.which("helm") is None, reason="there is no helm in PATH")
@pytest.mark.parametrize(
    "more", [[], ["--set", "servers.recorder.autoscaling.enabled=true,monitoring.podMonitor=true"]]
)
def test_the_chart_is_one_of_helm(more: list[str]) -> None:
    subprocess.run(["helm", "lint", "--strict", CHART], check=True, capture_output=True)
    made = subprocess.run(
        ["helm", "template", "rooms", CHART, *more], check=True, capture_output=True, text=True
    ).stdout
    found = [each for each in yaml.safe_load_all(made) if each]
    kinds = [each["kind"] for each in found]
    assert kinds.count("StatefulSet") == 2
    assert ("HorizontalPodAutoscaler" in kinds) == ("PodMonitor" in kinds) == bool(more)
    for each in found:
        if each["kind"] == "StatefulSet":
            (container,) = each["spec"]["template"]["spec"]["containers"]
            names = [variable["name"] for variable in container["env"]]
            assert len(names) == len(set(names))
            assert container["securityContext"]["readOnlyRootFilesystem"]
