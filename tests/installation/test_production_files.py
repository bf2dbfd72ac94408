"""Procfile, compose file and Dockerfile start things that exist, with the same commands and no secret of their own."""

import importlib
import re
import shlex
from typing import Any

import pytest
import yaml
from celery.bin.celery import celery as celery_command
from django.core.management import get_commands
from uvicorn.main import main as uvicorn_command

from tests.environment import ROOT, documented_settings

pytestmark = pytest.mark.any_database

# Told to a server by its own name, not a setting of ours.
FOREIGN = {"FORWARDED_ALLOW_IPS", "POSTGRES_USER", "POSTGRES_DB"}


def compose() -> dict[str, Any]:
    loaded = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def procfile() -> dict[str, str]:
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    return {name: command.strip() for name, _, command in (line.partition(":") for line in lines)}


def our_commands() -> dict[str, str]:
    ours = {f"Procfile {name}": command for name, command in procfile().items()}
    for name, service in compose()["services"].items():
        if service.get("image") == "aaa-dashboard":
            ours[f"compose {name}"] = service["command"]
    return ours


@pytest.mark.parametrize("command", our_commands().values(), ids=our_commands())
def test_commands_name_things_that_exist(command: str) -> None:
    program, *arguments = shlex.split(command)
    if program == "uvicorn":
        module, _, name = arguments[0].partition(":")
        assert callable(getattr(importlib.import_module(module), name))
        uvicorn_command.make_context("uvicorn", arguments)
    elif program == "celery":
        option, module, subcommand, *rest = arguments
        assert option == "--app"
        importlib.import_module(module)
        _celery_knows(subcommand, rest)
    else:
        assert [program, arguments[0]] == ["python", "manage.py"]
        assert arguments[1] in get_commands()


def _celery_knows(subcommand: str, arguments: list[str]) -> None:
    known = {option for parameter in celery_command.commands[subcommand].params for option in parameter.opts}
    assert {argument.partition("=")[0] for argument in arguments if argument.startswith("-")} <= known


def test_both_ways_of_production_start_the_same_processes() -> None:
    services = compose()["services"]
    for name, command in procfile().items():
        service = services["migrate" if name == "release" else name]
        # Inside a container every process may have the same port, and is reached from outside it.
        assert re.sub(r"--host \S+ --port \d+", "", service["command"]) == re.sub(r"--host \S+ --port \d+", "", command)


def test_no_password_is_written_down_and_a_missing_one_stops_compose() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert compose()["services"]["postgres"]["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")
    assert re.findall(r"\$\{\w+(?!\w|:\?)", text) == []


def test_every_variable_is_documented() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    names = set(re.findall(r"\$\{(\w+):", text)) | set(compose()["x-dashboard"]["environment"])
    assert names - set(documented_settings()) <= FOREIGN


def test_everything_long_lived_starts_again_by_itself() -> None:
    assert {
        name: service["restart"] for name, service in compose()["services"].items() if service["restart"] == "no"
    } == {"migrate": "no"}


def test_files_that_the_image_copies_exist() -> None:
    kept = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert [name for name in kept if not (ROOT / name).exists()] == []


def test_the_proxy_sends_only_webhooks_to_the_receivers() -> None:
    caddyfile = (ROOT / "docker/Caddyfile").read_text(encoding="utf-8")
    assert re.findall(r"handle (\S+)? ?\{\s+reverse_proxy \{\s+dynamic a (\w+) 8000", caddyfile) == [
        ("/webhook/*", "receiver"),
        ("", "web"),
    ]
    assert {"receiver", "web"} <= set(compose()["services"])
