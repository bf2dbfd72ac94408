"""Play a file: who is there from the start, and what happens when.

`example.json` beside this module has one of everything. `at` counts seconds from the moment when the first account is
subscribed; `as` gives a post a name for later steps.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson
from asgiref.sync import sync_to_async
from django.conf import settings

from .. import asked, clock, making, switches
from . import acts, audience, doing

logger = logging.getLogger("sandbox")

LOOK_SECONDS = 0.1
SetTraffic = Callable[[float], None]


class Unreadable(Exception):
    """The file is no scenario; the message says why."""


def read(path: Path) -> Mapping[str, Any]:
    """Read a file and see that it is a scenario, as far as that can be seen before it is played.

    Raises:
        Unreadable: It is not.
    """
    try:
        scenario = orjson.loads(path.read_bytes())
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}.") from error
    except ValueError as error:
        raise Unreadable(f"{path} is not JSON: {error}.") from error
    if not isinstance(scenario, dict) or scenario.keys() - {"users", "apps", "steps"}:
        raise Unreadable(f"{path} must hold an object with users, apps and steps.")
    for name, entries in scenario.items():
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise Unreadable(f"{path}: {name} is a list of objects.")
    for number, step in enumerate(scenario.get("steps", []), 1):
        kinds = {"do", "fault", "traffic", "advance"} & step.keys()
        if len(kinds) != 1 or not isinstance(step.get("at"), int | float):
            raise Unreadable(f"{path}, step {number}: it needs “at”, and one of do, fault, traffic and advance.")
        if "do" in kinds and step["do"] not in doing.DEEDS:
            raise Unreadable(f"{path}, step {number}: “{step['do']}” is nothing that can be done.")
    return scenario


def prepare(scenario: Mapping[str, Any]) -> None:
    """Make the users and apps that are not there yet.

    Raises:
        asked.Wrong: One of them cannot be.
    """
    for described in scenario.get("users", []):
        making.user_once(described)
    for described in scenario.get("apps", []):
        making.app_once(described)


async def play(set_traffic: SetTraffic) -> None:
    """Play the file of the settings once, if there is one. A step that is impossible is said to be, and passed over."""
    if not settings.SCENARIO:
        return
    scenario = await sync_to_async(read)(Path(settings.SCENARIO))
    while not await sync_to_async(audience.targets)():
        await clock.sleep(LOOK_SECONDS)
    names: dict[str, str] = {}
    loop = asyncio.get_running_loop()
    began = loop.time()
    for step in sorted(scenario.get("steps", []), key=lambda step: float(step["at"])):
        await asyncio.sleep(max(0.0, began + step["at"] - loop.time()))
        try:
            await sync_to_async(_take)(step, names, set_traffic)
        except (asked.Wrong, acts.Impossible, LookupError, ValueError) as error:
            logger.warning("Scenario, at %s: %s", step["at"], error)
    logger.info("The scenario has ended.")


def _take(step: Mapping[str, Any], names: dict[str, str], set_traffic: SetTraffic) -> None:
    if "traffic" in step:
        set_traffic(asked.number(step, "traffic"))
    elif "advance" in step:
        switches.advance(asked.number(step, "advance"))
    elif "fault" in step and step.get("off"):
        switches.switch_off(asked.text(step, "fault"))
    elif "fault" in step:
        seconds = asked.number(step, "seconds") if "seconds" in step else None
        switches.switch_on(asked.text(step, "fault"), asked.number(step, "percent", 100), seconds)
    else:
        made = doing.do({**step, "post": names.get(str(step.get("post")), step.get("post"))})
        if step.get("as"):
            names[asked.text(step, "as")] = made["id"]
