"""Make users, apps and tokens as somebody describes them: in a scenario file, or through the control API."""

import re
import secrets
from collections.abc import Mapping
from typing import Any

from . import clock
from .mint import new_id
from .models import AccessToken, App, Contract, User
from .models.parties import Permission
from .oauth import tokens

Described = Mapping[str, Any]
SCREEN_NAME = re.compile(r"\w{1,15}", re.ASCII)


class Wrong(Exception):
    """What was described cannot be; the message says why."""


def user(described: Described) -> User:
    """A user: `screen_name`, and if need be `name`, `id`, `location`, `description`, `is_brand`, `is_protected`."""
    _only(described, {"screen_name", "name", "id", "location", "description", "is_brand", "is_protected"})
    screen_name = str(described.get("screen_name", "")).removeprefix("@")
    if not SCREEN_NAME.fullmatch(screen_name):
        raise Wrong("screen_name: up to 15 letters, digits and underscores.")
    if User.objects.filter(screen_name__iexact=screen_name).exists():
        raise Wrong(f"There is a user @{screen_name} already.")
    x_user_id = str(described.get("id") or new_id(clock.now_ms()))
    if not x_user_id.isdecimal() or User.objects.filter(x_user_id=x_user_id).exists():
        raise Wrong(f"id: {x_user_id} is no number, or is taken.")
    return User.objects.create(
        x_user_id=x_user_id,
        screen_name=screen_name,
        name=str(described.get("name") or screen_name)[:50],
        location=str(described.get("location", ""))[:30],
        description=str(described.get("description", ""))[:160],
        is_brand=bool(described.get("is_brand", False)),
        is_protected=bool(described.get("is_protected", False)),
    )


def user_once(described: Described) -> User:
    """The user with that screen name, made if there is none."""
    name = str(described.get("screen_name", "")).removeprefix("@")
    return User.objects.filter(screen_name__iexact=name).first() or user(described)


def app_once(described: Described) -> App:
    """The app with that name, made if there is none."""
    return App.objects.filter(name=str(described.get("name", ""))).first() or app(described)


def app(described: Described) -> App:
    """An app of the first app's contract: `name`, and if need be `owner` (screen name), `permission`, `type`,
    `callback_urls`, `consumer_key`, `consumer_secret`, `is_suspended`, `may_use_activity`, `may_replay`.
    """
    switches = {"is_suspended", "may_use_activity", "may_replay"}
    _only(
        described,
        {"name", "owner", "permission", "type", "callback_urls", "consumer_key", "consumer_secret"} | switches,
    )
    if not described.get("name"):
        raise Wrong("name: an app needs one.")
    owner = User.objects.filter(screen_name__iexact=str(described.get("owner", "acme"))).first()
    if owner is None:
        raise Wrong(f"owner: there is no user @{described.get('owner')}.")
    made = App(
        name=str(described["name"])[:100],
        x_app_id=str(secrets.randbelow(90_000_000) + 10_000_000),
        consumer_key=str(described.get("consumer_key") or secrets.token_urlsafe(18)),
        consumer_secret=str(described.get("consumer_secret") or secrets.token_urlsafe(36)),
        contract=Contract.objects.order_by("pk").first(),
        owner=owner,
        permission=_choice(described, "permission", Permission.values, Permission.MESSAGES),
        type=_choice(described, "type", App.Type.values, App.Type.WEB),
        callback_urls=[str(url) for url in described.get("callback_urls", [])],
        **{name: bool(described[name]) for name in switches & described.keys()},
    )
    if App.objects.filter(consumer_key=made.consumer_key).exists():
        raise Wrong("consumer_key: another app has it.")
    made.save()
    tokens.grant(made, owner, Permission(made.permission))
    return made


def token(described: Described) -> AccessToken:
    """A token of an `app` (X's id or name; the first one) for a `user` (screen name)."""
    _only(described, {"app", "user"})
    name = str(described.get("app", ""))
    apps = App.objects.order_by("pk")
    found = (apps.filter(x_app_id=name).first() or apps.filter(name=name).first()) if name else apps.first()
    if found is None:
        raise Wrong(f"app: there is no “{name}”.")
    screen_name = str(described.get("user", "")).removeprefix("@")
    user_ = User.objects.filter(screen_name__iexact=screen_name).first()
    if user_ is None:
        raise Wrong(f"user: there is no @{screen_name}.")
    return tokens.grant(found, user_, Permission(found.permission))


def _choice(described: Described, name: str, values: list[str], default: str) -> str:
    value = str(described.get(name, default))
    if value not in values:
        raise Wrong(f"{name}: one of {', '.join(values)}.")
    return value


def _only(described: Described, names: set[str]) -> None:
    if unknown := described.keys() - names:
        raise Wrong(f"{min(unknown)}: unknown. There are: {', '.join(sorted(names))}.")
