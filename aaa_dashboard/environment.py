"""The environment, read so that a mistake in it ends the start in one sentence that names the setting.

No sentence quotes a value: it may be half a secret that was pasted into the wrong line.
"""

import builtins
import io
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ

_LINE = re.compile(r"(?:export )?[A-Za-z_][A-Za-z0-9_]*=.*")
_CONTACT = re.compile(r"[^\s@:/?&%]+@[^\s@:/?&%]+|https?://[^\s/@:?#]+\S*")
_TRUE = {"true", "on", "ok", "yes", "y", "1"}
_FALSE = {"false", "off", "no", "n", "0"}


class WrongSetting(Exception):
    """The start is impossible; the message is one sentence that names the setting and what it takes."""


def read_file(path: Path, *, is_wished_for: bool = False) -> None:
    """Put the settings of a file into the environment, which wins where both have one. A missing file is an empty one.

    Args:
        path: The file.
        is_wished_for: Whether somebody named it, so that it has to be there.

    Raises:
        WrongSetting: It is no text, a line is neither a setting nor a comment, or it was named and cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise WrongSetting(f"{path.name} is not text in UTF-8.") from None
    except OSError as error:
        if is_wished_for:
            raise WrongSetting(f"ENV_FILE names {path.name}, which cannot be read ({type(error).__name__}).") from None
        return
    settings = []
    for number, line in enumerate(lines, start=1):
        if _LINE.fullmatch(line):
            settings.append(line)
        elif line.strip() and not line.lstrip().startswith("#"):
            raise WrongSetting(f"Line {number} of {path.name} is not NAME=value.")
    environ.Env.read_env(io.StringIO("\n".join(settings)))


class Environment:
    """Settings by name and type. For all but text, an empty one counts as left out.

    Raises:
        SystemExit: A value is not what the setting takes. Settings are read by every process before anything else is
            set up, so that this is how each of them ends.
    """

    def __init__(self) -> None:
        self._env = environ.Env()

    def read_file(self, name: builtins.str, *, default: Path) -> None:
        """Read the file that a setting names; the default, if it is there, where it names none."""
        named = self.str(name, default="")
        try:
            read_file(Path(named or default), is_wished_for=bool(named))
        except WrongSetting as error:
            raise SystemExit(str(error)) from None

    def str(self, name: builtins.str, *, default: builtins.str) -> builtins.str:
        value: builtins.str = self._env.str(name, default=default)
        return value

    def line(self, name: builtins.str, *, default: builtins.str) -> builtins.str:
        """Read a few words for people."""
        value = self.str(name, default="").strip() or default
        return value if value.isprintable() and len(value) <= 100 else _stop(name, "up to 100 characters on one line")

    def contact(self, name: builtins.str) -> builtins.str:
        """Read where people may turn to, for a link; empty without one."""
        value = self.str(name, default="").strip()
        return value if not value or _CONTACT.fullmatch(value) else _stop(name, "an e-mail address or https://…")

    def list(self, name: builtins.str, *, default: builtins.list[builtins.str]) -> builtins.list[builtins.str]:
        """Read values that are separated by commas."""
        values: builtins.list[builtins.str] = self._env.list(name, default=default)
        return values

    def choice(self, name: builtins.str, *, default: builtins.str, of: Collection[builtins.str]) -> builtins.str:
        value = self.str(name, default="") or default
        return value if value in of else _stop(name, " or ".join(f"“{each}”" for each in of))

    def bool(self, name: builtins.str, *, default: builtins.bool) -> builtins.bool:
        value = self.str(name, default="").lower()
        if value in _TRUE | _FALSE:
            return value in _TRUE
        return _stop(name, "“on” or “off”") if value else default

    def int(self, name: builtins.str, *, default: builtins.int, least: builtins.int = 0) -> builtins.int:
        """Read a whole number, not below the least with which anything works."""
        value = self.str(name, default="")
        if not value:
            return default
        takes = f"a whole number{f' from {least} on' if least else ''}, such as {default}"
        is_number = value.isascii() and value.isdecimal() and len(value) <= 18
        return builtins.int(value) if is_number and builtins.int(value) >= least else _stop(name, takes)

    def database(self, name: builtins.str, *, default: builtins.str) -> dict[builtins.str, Any]:
        """Read the address of a database; the result is an entry of Django's `DATABASES`."""
        url = self.str(name, default="") or default
        scheme = url.partition("://")[0]
        takes = "postgres://user:password@host:5432/name or sqlite:////absolute/path"
        if scheme not in ("postgres", "postgresql", "sqlite"):
            _stop(name, takes)
        try:
            entry: dict[builtins.str, Any] = self._env.db_url_config(url)
        except (ValueError, environ.ImproperlyConfigured):
            _stop(name, takes)
        return entry

    def redis(self, name: builtins.str) -> builtins.str:
        """Read the address of a Redis server; empty without one."""
        url = self.str(name, default="")
        try:
            parts = urlsplit(url)
            is_one = parts.scheme in ("redis", "rediss") and bool(parts.hostname) and parts.port != 0
        except ValueError:  # a port that is no number
            is_one = False
        if url and not is_one:
            _stop(name, "redis://host:6379/0, or rediss://user:password@host:6379/0 with TLS")
        return url

    def email(self, name: builtins.str) -> dict[builtins.str, Any]:
        """Read the address of a mail server; the result is Django's settings that follow from it, none without one."""
        url = self.str(name, default="")
        scheme = url.partition("://")[0]
        takes = "smtp+tls://user:password@host:587, smtp+ssl://user:password@host:465 or smtp://host:25"
        if not url:
            return {}
        if scheme not in ("smtp", "smtp+tls", "smtp+ssl", "consolemail"):
            _stop(name, takes)
        try:
            entry: dict[builtins.str, Any] = self._env.email_url_config(url)
        except (ValueError, environ.ImproperlyConfigured):
            _stop(name, takes)
        if scheme != "consolemail" and not entry["EMAIL_HOST"]:
            _stop(name, takes)
        return {key: value for key, value in entry.items() if value not in (None, "")}


def _stop(name: str, takes: str) -> Any:
    raise SystemExit(f"{name} takes {takes}; what it is set to is something else.")
