"""The second baseline: the database fed with the same rows through the project's own store, without anything before it.

A process of its own, since it is the project that runs here: `python -m bench.alone start stop step` (of the numbers).
Its environment says which database. Prints the figures as JSON.
"""

import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import django

from bench.bodies import Deliveries

BATCH = 250  # about what a saturated writer finds waiting


@dataclass(frozen=True, slots=True)
class Alone:
    """Rows stored without HTTP, and the processor time of the stages that a receiver has as well."""

    stored: int
    seconds: float
    verify_cpu_seconds: float
    split_cpu_seconds: float
    store_cpu_seconds: float
    """Of the client; the database server's own is not in it."""

    @property
    def stored_per_second(self) -> float:
        return self.stored / self.seconds


def main(numbers: range) -> Alone:
    django.setup()
    from aaa_dashboard.deliveries.signature import is_signed, sign
    from aaa_dashboard.deliveries.split import split
    from aaa_dashboard.deliveries.store import Delivery, open_store
    from aaa_dashboard.webhooks.models import ensure_first_app

    secret = os.environb[b"X_CONSUMER_SECRET"]
    deliveries = Deliveries(secret)
    bodies = [deliveries.body(number) for number in numbers]
    signatures = [sign(body, secret) for body in bodies]

    at = time.process_time()
    if not all(is_signed(body, signature, [secret]) for body, signature in zip(bodies, signatures, strict=True)):
        raise AssertionError("A signature of ours did not verify.")
    verified = time.process_time()
    now = datetime.now(UTC)
    app_id: int = ensure_first_app().pk
    rows = [Delivery(app_id, body, now, split(body, now)) for body in bodies]
    was_split = time.process_time()

    store = open_store()
    began = time.perf_counter()
    for start in range(0, len(rows), BATCH):
        store.save(rows[start : start + BATCH])
    seconds = time.perf_counter() - began
    stored = time.process_time()
    store.close()
    return Alone(len(rows), seconds, verified - at, was_split - verified, stored - was_split)


if __name__ == "__main__":
    print(json.dumps(asdict(main(range(*map(int, sys.argv[1:]))))))
