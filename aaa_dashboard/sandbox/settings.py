"""Settings of the sandbox, from the environment: every name begins with `SANDBOX_`. Explained in docs/sandbox.md."""

import logging
import warnings
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key
from django.utils.log import CallbackFilter

from . import environment, webhook_urls
from .people import BRANDS

BASE_DIR = Path(__file__).resolve().parent.parent.parent
# Bounds of what makes sense, or can be reckoned with.
YEAR_SECONDS = 365 * 86_400
YEAR_MINUTES = 365 * 1_440
MILLION = 1_000_000

# --- Where it listens ---------------------------------------------------------

HOST: str = environment.text("SANDBOX_HOST") or "127.0.0.1"
PORT: int = environment.whole("SANDBOX_PORT", 8001, 1, 65_535)
ALLOW_PUBLIC: bool = environment.flag("SANDBOX_ALLOW_PUBLIC", False)
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
if HOST not in LOOPBACK and not ALLOW_PUBLIC:
    raise ImproperlyConfigured(
        f"The sandbox hands out its secrets to whoever asks, so it does not listen on {HOST}. "
        "Use 127.0.0.1, or set SANDBOX_ALLOW_PUBLIC=1 if that address is safe."
    )

# Whether tests may do everything through /control/: not where others could.
CONTROL: bool = environment.flag("SANDBOX_CONTROL", HOST in LOOPBACK)

# --- The app, its webhook, its traffic -------------------------------------------

CONSUMER_KEY: str = environment.text("SANDBOX_CONSUMER_KEY")
CONSUMER_SECRET: str = environment.text("SANDBOX_CONSUMER_SECRET")
# The token with which the app acts for its owner.
ACCESS_TOKEN: str = environment.text("SANDBOX_ACCESS_TOKEN")
ACCESS_TOKEN_SECRET: str = environment.text("SANDBOX_ACCESS_TOKEN_SECRET")
if ACCESS_TOKEN and not ACCESS_TOKEN.startswith(f"{BRANDS[0].id}-"):  # clients read the owner's id from it
    raise ImproperlyConfigured(
        f"SANDBOX_ACCESS_TOKEN begins with {BRANDS[0].id}-, the id of @{BRANDS[0].screen_name}, who owns the app; "
        "what it is set to begins otherwise."
    )
if bool(ACCESS_TOKEN) != bool(ACCESS_TOKEN_SECRET):
    raise ImproperlyConfigured("SANDBOX_ACCESS_TOKEN and SANDBOX_ACCESS_TOKEN_SECRET are set together, or neither is.")
CALLBACK_URLS: list[str] = environment.texts("SANDBOX_CALLBACK_URLS")
WEBHOOK_URL: str = environment.text("SANDBOX_WEBHOOK_URL")
# Whoever starts the sandbox may have it deliver to the same machine; else X's rules hold for this webhook as well.
if WEBHOOK_URL and not webhook_urls.is_acceptable(WEBHOOK_URL, loopback=True):
    raise ImproperlyConfigured(
        f"SANDBOX_WEBHOOK_URL (--webhook) has to be an address on this machine, or as X takes it: https, public and "
        f"without a port; {WEBHOOK_URL!r} is neither."
    )
TRAFFIC_PER_SECOND: float = environment.number("SANDBOX_TRAFFIC_PER_SECOND", 0.0, 1_000)
# How many events the first registration brings, spread over the hours before it.
BACKLOG: int = environment.whole("SANDBOX_BACKLOG", 60, 0, 100_000)
SEED: int | None = environment.whole_or_none("SANDBOX_SEED")
# A file that says who is there and what happens.
SCENARIO: str = environment.text("SANDBOX_SCENARIO")

# --- What X allows ---------------------------------------------------------------

# Whether webhooks on this machine may be registered; X takes https alone, and no port.
ALLOW_LOOPBACK: bool = environment.flag("SANDBOX_ALLOW_LOOPBACK", False)
WEBHOOKS_ALLOWED: int = environment.whole("SANDBOX_WEBHOOKS_ALLOWED", 3, 0, MILLION)
SUBSCRIPTIONS_ALLOWED: int = environment.whole("SANDBOX_SUBSCRIPTIONS_ALLOWED", 50, 0, MILLION)
# Factor on X's limits of requests in 15 minutes; 0 lifts them.
RATE_LIMIT_SCALE: float = environment.number("SANDBOX_RATE_LIMIT_SCALE", 1.0, MILLION)
# How old a replay has to begin and to end.
REPLAY_FROM_MINUTES: int = environment.whole("SANDBOX_REPLAY_FROM_MINUTES", 31, 0, YEAR_MINUTES)
REPLAY_TO_MINUTES: int = environment.whole("SANDBOX_REPLAY_TO_MINUTES", 10, 0, YEAR_MINUTES)
# X has been seen to answer otherwise than it documents: `created_timestamp`, and counts that are numbers.
ANSWERS_AS_SEEN: bool = environment.flag("SANDBOX_ANSWERS_AS_SEEN", False)

# --- X's patience ------------------------------------------------------------------

# X asks the challenge again from time to time; sources differ between half an hour and a day.
CHALLENGE_SECONDS: float = environment.number("SANDBOX_CHALLENGE_SECONDS", 1800.0, YEAR_SECONDS, may_be_zero=False)
# While a webhook does not answer, X would wait for a person; the sandbox asks again.
REGISTER_AGAIN_SECONDS: float = environment.number(
    "SANDBOX_REGISTER_AGAIN_SECONDS", 2.0, YEAR_SECONDS, may_be_zero=False
)
# How long after subscribing the activity of a user begins to arrive.
WARM_UP_SECONDS: float = environment.number("SANDBOX_WARM_UP_SECONDS", 10.0, YEAR_SECONDS)
ANSWER_SECONDS: float = environment.number("SANDBOX_ANSWER_SECONDS", 3.0, 3_600, may_be_zero=False)
# 1 is X's timetable: 3 s, 27 s, 242 s after a failed attempt.
RETRY_SCALE: float = environment.number("SANDBOX_RETRY_SCALE", 1.0, 1_000)
CONCURRENCY: int = environment.whole("SANDBOX_CONCURRENCY", 64, 1, 10_000)
# X replays at up to 2,500 deliveries a second.
REPLAY_PER_SECOND: float = environment.number("SANDBOX_REPLAY_PER_SECOND", 2_500.0, MILLION, may_be_zero=False)
# Deliveries that are remembered, with their bodies: what a replay can deliver once more.
LOG_DELIVERIES: int = environment.whole("SANDBOX_LOG_DELIVERIES", 50_000, 0, 100 * MILLION)

# --- Django --------------------------------------------------------------------------

# Nothing that has to outlive a restart is signed with it: there are no sessions.
SECRET_KEY = get_random_secret_key()
DEBUG = False
ALLOWED_HOSTS = ["*"] if ALLOW_PUBLIC else ["127.0.0.1", "localhost", "[::1]"]
INSTALLED_APPS = ["django.contrib.staticfiles", "csp", "aaa_dashboard.sandbox"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "aaa_dashboard.sandbox.oversight.Oversight",
    "csp.middleware.CSPMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "aaa_dashboard.sandbox.urls"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
DATABASES: dict[str, Any] = {
    "default": environment.database("SANDBOX_DATABASE_URL", f"sqlite:///{BASE_DIR / 'var' / 'sandbox.sqlite3'}")
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # NORMAL: what the sandbox remembers may be lost with the power; nobody is promised it.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
# Browsers send cookies to every port of a host; the dashboard on another one has its own.
CSRF_COOKIE_NAME = "sandbox_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "aaa_dashboard.sandbox.refusals.foreign_form"
CSRF_COOKIE_SAMESITE = "Lax"
STATIC_URL = "/static/"
# Its own files alone, under the name by which the pages ask for them.
STATICFILES_DIRS = [("sandbox", BASE_DIR / "static" / "sandbox")]
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True

# Its own files are few and small: that Django reads them at once is what is wanted.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")

USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"


def _is_of_exception(record: logging.LogRecord) -> bool:
    """An error of the sandbox comes with its exception; what X answers by a fault that is wanted has none."""
    return record.exc_info is not None


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"exceptions": {"()": CallbackFilter, "callback": _is_of_exception}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    # That X refuses something is an answer, not a fault of the sandbox.
    "loggers": {
        "django.request": {"level": "ERROR", "filters": ["exceptions"]},
        "django.security.csrf": {"level": "ERROR"},
    },
}
