"""How log lines look: the same processors for our own events and for those of libraries."""

import logging
import re

import structlog

SHARED_PROCESSORS: list[structlog.types.Processor] = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *SHARED_PROCESSORS,
        structlog.processors.format_exc_info,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)


def formatter(as_json: bool = False) -> logging.Formatter:
    """Build the formatter that `LOGGING` names.

    Args:
        as_json: One JSON object a line, for log collectors; else aligned text for people.
    """
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=SHARED_PROCESSORS,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            # Plain tracebacks: the prettier ones show local variables, and those hold tokens and messages.
            structlog.processors.format_exc_info,
            renderer,
        ],
    )


# Whoever reads the link of an invite can use it, and whoever reads the way back from X could finish a sign-in.
_SECRET_IN_ADDRESS = re.compile(r"(?<=/connect/)[^/?\s]+|(?<=oauth_token=)[^&\s]+|(?<=oauth_verifier=)[^&\s]+")


class Calm(logging.Filter):
    """Takes out what no log needs.

    The traceback of what a visitor caused: a wrong host or address is one line, and no error of ours. That of beat's
    database being away, which is written anew every few seconds. What is secret
    in an address: Django and the server log the addresses that were asked for. And rounds that found nothing to do:
    there are a dozen a minute, and Health shows them.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Let everything pass that says something, some of it with less."""
        if record.name.endswith(".tasks") and record.levelno == logging.INFO and _found_nothing(record.msg):
            return False
        if isinstance(record.args, tuple):
            record.args = tuple(
                _SECRET_IN_ADDRESS.sub("•••", arg) if isinstance(arg, str) else arg for arg in record.args
            )
        refused = record.name.startswith("django.security.")
        is_away = record.name == "django_celery_beat.schedulers"
        if refused or is_away or (record.name == "django.request" and record.levelno < logging.ERROR):
            record.exc_info = record.exc_text = None
        if refused:
            record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True


def _found_nothing(event: object) -> bool:
    """Whether a line of a task has numbers and all of them are zero."""
    values = event.values() if isinstance(event, dict) else ()
    numbers = [value for value in values if isinstance(value, int) and not isinstance(value, bool)]
    return bool(numbers) and not any(numbers)
