"""How often something was done within a minute, counted in the cache. Without one nobody is held back."""

import structlog
from django.core.cache import cache
from redis.exceptions import RedisError

SECONDS = 60

log = structlog.get_logger(__name__)


def count(key: str) -> int | None:
    """Count one more: how many it are in this minute. None when the cache does not answer, which is logged."""
    try:
        cache.add(key, 0, timeout=SECONDS)
        return int(cache.incr(key))
    except ValueError:  # the minute ended between the two lines
        return 1
    except (RedisError, OSError) as error:
        log.warning("the cache does not answer, so that nothing is counted", error=type(error).__name__)
        return None
