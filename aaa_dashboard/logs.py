"""How log lines look: the same processors for our own events and for those of libraries."""

import logging

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


class Calm(logging.Filter):
    """Takes the traceback from what a visitor caused: a wrong host or address is one line, and no error of ours."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let everything pass, some of it with less."""
        refused = record.name.startswith("django.security.")
        if refused or (record.name == "django.request" and record.levelno < logging.ERROR):
            record.exc_info = record.exc_text = None
        if refused:
            record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True
