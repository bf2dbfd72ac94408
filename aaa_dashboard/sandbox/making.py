"""Make users, apps and tokens as somebody describes them: in a scenario file, or through the control API."""

import re
import secrets

from django.db import transaction

from . import asked, clock
from .asked import Asked, Wrong
from .mint import new_id
from .models import AccessToken, App, Contract, User
from .models.parties import Permission
from .oauth import tokens

SCREEN_NAME = re.compile(r"\w{1,15}", re.ASCII)


@transaction.atomic
def user(described: Asked) -> User:
    """A user: `screen_name`, and if need be `name`, `id`, `location`, `description`, `is_brand`, `is_protected`.

    Raises:
        Wrong: There cannot be such a user.
    """
    asked.only(described, {"screen_name", "name", "id", "location", "description", "is_brand", "is_protected"})
    screen_name = asked.text(described, "screen_name", "").removeprefix("@")
    if not SCREEN_NAME.fullmatch(screen_name):
        raise Wrong("screen_name: up to 15 letters, digits and underscores.")
    if User.objects.filter(screen_name__iexact=screen_name).exists():
        raise Wrong(f"There is a user @{screen_name} already.")
    x_user_id = asked.x_id(described, "id") or str(new_id(clock.now_ms()))
    if User.objects.filter(x_user_id=x_user_id).exists():
        raise Wrong(f"id: {x_user_id} is taken.")
    return User.objects.create(
        x_user_id=x_user_id,
        screen_name=screen_name,
        name=(asked.text(described, "name", "") or screen_name)[:50],
        location=asked.text(described, "location", "")[:30],
        description=asked.text(described, "description", "")[:160],
        is_brand=asked.flag(described, "is_brand", False),
        is_protected=asked.flag(described, "is_protected", False),
    )


def user_once(described: Asked) -> User:
    """The user with that screen name, made if there is none."""
    name = asked.text(described, "screen_name", "").removeprefix("@")
    return User.objects.filter(screen_name__iexact=name).first() or user(described)


def app_once(described: Asked) -> App:
    """The app with that name, made if there is none."""
    return App.objects.filter(name=asked.text(described, "name", "")).first() or app(described)


@transaction.atomic
def app(described: Asked) -> App:
    """An app of the first app's contract: `name`, and if need be `owner` (screen name), `permission`, `type`,
    `callback_urls`, `consumer_key`, `consumer_secret`, `is_suspended`, `may_use_activity`, `may_replay`; or, with
    `has_contract` false, one that is under none.

    Raises:
        Wrong: There cannot be such an app.
    """
    switches = {"is_suspended": False, "may_use_activity": True, "may_replay": True}
    texts = {"name", "owner", "permission", "type", "callback_urls", "consumer_key", "consumer_secret"}
    asked.only(described, texts | switches.keys() | {"has_contract"})
    name = asked.text(described, "name", "")[:100]
    if not name:
        raise Wrong("name: an app needs one.")
    if App.objects.filter(name=name).exists():
        raise Wrong(f"name: there is an app “{name}” already.")
    screen_name = asked.text(described, "owner", "acme").removeprefix("@")
    owner = User.objects.filter(screen_name__iexact=screen_name).first()
    if owner is None:
        raise Wrong(f"owner: there is no user @{screen_name}.")
    made = App(
        name=name,
        x_app_id=str(secrets.randbelow(90_000_000) + 10_000_000),
        consumer_key=asked.text(described, "consumer_key", "") or secrets.token_urlsafe(18),
        consumer_secret=asked.text(described, "consumer_secret", "") or secrets.token_urlsafe(36),
        contract=Contract.objects.order_by("pk").first() if asked.flag(described, "has_contract", True) else None,
        owner=owner,
        permission=_choice(described, "permission", Permission.values, Permission.MESSAGES),
        type=_choice(described, "type", App.Type.values, App.Type.WEB),
        callback_urls=asked.texts(described, "callback_urls"),
        **{switch: asked.flag(described, switch, default) for switch, default in switches.items()},
    )
    if App.objects.filter(consumer_key=made.consumer_key).exists():
        raise Wrong("consumer_key: another app has it.")
    made.save()
    tokens.grant(made, owner, Permission(made.permission))
    return made


def token(described: Asked) -> AccessToken:
    """A token of an `app` (X's id or name; the first one) for a `user` (screen name).

    Raises:
        Wrong: One of them is not there.
    """
    asked.only(described, {"app", "user"})
    name = asked.name_or_id(described, "app", "")
    apps = App.objects.order_by("pk")
    found = (apps.filter(x_app_id=name).first() or apps.filter(name=name).first()) if name else apps.first()
    if found is None:
        raise Wrong(f"app: there is no “{name}”.")
    screen_name = asked.text(described, "user", "").removeprefix("@")
    user_ = User.objects.filter(screen_name__iexact=screen_name).first()
    if user_ is None:
        raise Wrong(f"user: there is no @{screen_name}.")
    return tokens.grant(found, user_, Permission(found.permission))


def _choice(described: Asked, name: str, values: list[str], default: str) -> str:
    value = asked.text(described, name, default)
    if value not in values:
        raise Wrong(f"{name}: one of {', '.join(values)}.")
    return value
