"""Settings, all from the environment (and from `.env` where there is one).

Every name read here is explained in `.env.example`. A rule that spans settings
is a system check in `checks.py`.
"""

import os
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aaa_dashboard.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment()
# The environment beats the file.
env.read_file("ENV_FILE", default=BASE_DIR / ".env")

# What this installation writes beside its database server: SQLite files, the embedded broker, collected files.
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))

# --- Who we are -------------------------------------------------------------

DEBUG = env.bool("DEBUG", default=False)
# An empty secret is reported by `checks.py` with the remedy; Django itself refuses to sign with one.
SECRET_KEY = env.str("SECRET_KEY", default="")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# Fernet keys for secrets at rest: the first encrypts, all decrypt.
SECRET_ENCRYPTION_KEYS: list[str] = env.list("SECRET_ENCRYPTION_KEYS", default=[])

# The address under which X and people reach us. Its scheme decides cookies, HSTS and the redirect to https.
PUBLIC_URL: str = env.str("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
PUBLIC_URL_IS_SET = "PUBLIC_URL" in os.environ
_public = urlsplit(PUBLIC_URL)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[_public.hostname or "localhost"])
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]

# --- X ----------------------------------------------------------------------

X_API_BASE_URL: str = env.str("X_API_BASE_URL", default="https://api.twitter.com").rstrip("/")
# The first app. More are kept in the database.
X_CONSUMER_KEY: str = env.str("X_CONSUMER_KEY", default="")
X_CONSUMER_SECRET: str = env.str("X_CONSUMER_SECRET", default="")
# While keys are being regenerated at X, deliveries may be signed with either.
X_CONSUMER_SECRET_PREVIOUS: str = env.str("X_CONSUMER_SECRET_PREVIOUS", default="")
X_ACCESS_TOKEN: str = env.str("X_ACCESS_TOKEN", default="")
X_ACCESS_TOKEN_SECRET: str = env.str("X_ACCESS_TOKEN_SECRET", default="")
X_BEARER_TOKEN: str = env.str("X_BEARER_TOKEN", default="")
# How many minutes ago a replay has to begin and to end at least, for X to take it.
X_REPLAY_FROM_MINUTES: int = env.int("X_REPLAY_FROM_MINUTES", default=31)
X_REPLAY_TO_MINUTES: int = env.int("X_REPLAY_TO_MINUTES", default=10)

# --- Receiving ---------------------------------------------------------------

# A delivery holds several events of a few kilobytes.
RECEIVER_MAX_BODY_BYTES: int = env.int("RECEIVER_MAX_BODY_BYTES", default=1024 * 1024, least=64 * 1024)
# How much may wait for a commit before the receiver answers 503 and X tries again.
RECEIVER_QUEUE_DELIVERIES: int = env.int("RECEIVER_QUEUE_DELIVERIES", default=5_000, least=1)
RECEIVER_QUEUE_BYTES: int = env.int("RECEIVER_QUEUE_BYTES", default=64 * 1024 * 1024)
# Refusals kept per minute, process, app and reason; the rest is only counted.
RECEIVER_REFUSALS_PER_MINUTE: int = env.int("RECEIVER_REFUSALS_PER_MINUTE", default=10)

# Who asks, as owners of accounts are told it, and where they turn with questions: an e-mail address or a web address.
ORGANISATION_NAME: str = env.line("ORGANISATION_NAME", default=_public.hostname or "localhost")
ORGANISATION_CONTACT: str = env.contact("ORGANISATION_CONTACT")

# Told to owners before they agree; what they were told then holds for them.
EVENTS_WHEN_OWNERS_LEAVE: str = env.choice("EVENTS_WHEN_OWNERS_LEAVE", default="keep", of=("keep", "erase"))

# Lets a scraper on another machine read /metrics, as a bearer token. Empty: this machine alone.
METRICS_TOKEN: str = env.str("METRICS_TOKEN", default="")

# --- Applications ------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_celery_beat",
    "django_htmx",
    "heroicons",
    "aaa_dashboard.webhooks",
    "aaa_dashboard.subscriptions",
    "aaa_dashboard.deliveries",
    "aaa_dashboard.activity",
    "aaa_dashboard.replays",
    "aaa_dashboard.staff",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "aaa_dashboard.staff.middleware.KeysThatDoNotOpen",
]

ROOT_URLCONF = "aaa_dashboard.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["heroicons.templatetags.heroicons"],
        },
    }
]

# --- Data ---------------------------------------------------------------------

DATABASES: dict[str, Any] = {
    "default": env.database("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'aaa_dashboard.sqlite3'}")
}
_database = DATABASES["default"]
if _database["ENGINE"].endswith("sqlite3"):
    _database["OPTIONS"] = {
        # A read that later writes must wait its turn at BEGIN, or SQLite fails it without waiting.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # WAL: readers never wait for the receiver. FULL: what was answered 200 survives a power cut.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA journal_size_limit=67108864;",
    }
    # A file in tests as well, since the receiver has a connection of its own.
    _database["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
else:
    _database["OPTIONS"] = {
        "connect_timeout": 3,
        # A server that is gone without a word (failover, a cut cable) is noticed in seconds, not in many minutes.
        "tcp_user_timeout": 8000,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        **_database.get("OPTIONS", {}),  # from the address: sslmode, sslrootcert
        "pool": {"min_size": 1, "max_size": 8, "timeout": 5},
    }
    _database["CONN_HEALTH_CHECKS"] = True  # nobody is handed a connection that the server has cut
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL: str = env.redis("REDIS_URL")
if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            # A server that is gone without a word is noticed by the page that counts there.
            "OPTIONS": {"socket_connect_timeout": 3, "socket_timeout": 3},
        }
    }

# --- Background work ----------------------------------------------------------

# What a worker took and lost with its machine comes back; longer than any task may take (tests hold that).
REDELIVERED_AFTER_SECONDS = 1800
if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "visibility_timeout": REDELIVERED_AFTER_SECONDS,
        # A server that is gone without a word is noticed, also by a page that wants to send something.
        "socket_connect_timeout": 3,
        "socket_timeout": 15,
        "socket_keepalive": True,
    }
else:
    CELERY_BROKER_URL = "filesystem://localhost"  # the host is only a name, and without one there is a warning
    _broker_dir = VAR_DIR / "broker"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        # One folder for both directions: what one process sends, another receives.
        "data_folder_in": str(_broker_dir / "queue"),
        "data_folder_out": str(_broker_dir / "queue"),
        "control_folder": str(_broker_dir / "control"),
    }
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a broker that is away for a night is no reason to end
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 100
# A message is done with when its work is: of a worker that was killed, another one gets it. Every task may come twice.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1  # nothing waits behind a long one while another worker is free
# When the broker goes away, what is being done is finished.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "aaa_dashboard.staff.schedule:Schedule"
CELERY_BEAT_SYNC_EVERY = 1  # what was sent is kept at once: a beat that was killed sends nothing twice
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False  # a traceback would be in the log a second time, a record a line
# By urgency: what is long never keeps waiting what is urgent (Procfile and docker-compose.yml: who works on which).
CELERY_TASK_DEFAULT_QUEUE = "normal"
CELERY_TASK_QUEUES: dict[str, dict[str, str]] = {"urgent": {}, "normal": {}, "long": {}}

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 24 * 3600.0
# What runs by itself: task, seconds between two runs, queue. Beat keeps it in the database, where it can be edited.
SCHEDULE: tuple[tuple[str, float, str], ...] = (
    ("replays.advance", 15.0, "normal"),
    ("webhooks.keep_valid", _MINUTE, "urgent"),
    ("deliveries.find_gaps", _MINUTE, "urgent"),
    ("subscriptions.reconcile", 15 * _MINUTE, "normal"),
    ("subscriptions.go_on_moving", _MINUTE, "normal"),
    ("staff.look_round", _MINUTE, "urgent"),
    ("staff.tell", _MINUTE, "urgent"),
    ("deliveries.hand_over", _MINUTE, "urgent"),
    ("deliveries.follow_copies", _MINUTE / 2, "long"),
    ("deliveries.take_down", _MINUTE, "long"),
    ("deliveries.expire", _MINUTE, "long"),
    ("deliveries.prune_refusals", _HOUR, "long"),
    ("staff.clear_expired_sessions", _DAY, "long"),
    ("staff.prune_notices", _DAY, "long"),
)
CELERY_TASK_ROUTES = {task: {"queue": queue} for task, _, queue in SCHEDULE}

# --- Mail ------------------------------------------------------------------------

# The mail server that carries notices. Without one, none is sent by mail.
_mail = env.email("EMAIL_URL")
EMAIL_IS_SET = bool(_mail)
globals().update(_mail)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL: str = env.str("EMAIL_FROM", default="") or f"account-activity@{_public.hostname or 'localhost'}"

# --- Sign-in -------------------------------------------------------------------

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "staff:sign-in"
LOGIN_REDIRECT_URL = "activity:live"
LOGOUT_REDIRECT_URL = "staff:sign-in"
# Five wrong passwords for one name from one address close that door for a quarter of an hour.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "staff/locked_out.html"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False

# --- The browser's side of security ---------------------------------------------

HTTPS = _public.scheme == "https"
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_TLS_PROXY", default=HTTPS) else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = 12 * 3600
# Browsers keep cookies by host and not by port: two installations on one host need names of their own.
COOKIE_SUFFIX = env.str("COOKIE_SUFFIX", default="")
SESSION_COOKIE_NAME = f"sessionid{COOKIE_SUFFIX}"
CSRF_COOKIE_NAME = f"csrftoken{COOKIE_SUFFIX}"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

# --- Files -----------------------------------------------------------------------

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR_DIR / "static"
# In production files are collected once, hashed and compressed; else they are served as they lie in the tree.
STATIC_COLLECTED = env.bool("STATIC_COLLECTED", default=False)
if STATIC_COLLECTED:
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
else:
    WHITENOISE_USE_FINDERS = True
    WHITENOISE_AUTOREFRESH = True

# WhiteNoise hands over open files; under ASGI Django reads each whole, which is meant for files of a few kilobytes.
warnings.filterwarnings("ignore", "StreamingHttpResponse must consume synchronous iterators")

# --- Words and times ---------------------------------------------------------------

LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

# --- Logs: one line an event, on standard error; never a body, a token or a signature ---

LOG_FORMAT: str = env.choice("LOG_FORMAT", default="text", of=("text", "json"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "aaa_dashboard.logs.formatter", "as_json": LOG_FORMAT == "json"}},
    "filters": {"calm": {"()": "aaa_dashboard.logs.Calm"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["calm"]}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django.server": {"handlers": [], "propagate": True},
        "axes": {"level": "WARNING"},
        # That a message came and that its task ended well: each task says itself what it did.
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
    },
}
