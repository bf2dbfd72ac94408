"""The hot path: what X posts becomes rows, and only then is X told that we have it.

Stages, in the order in which a delivery meets them:

1. `receiver`   bounds the request and answers it (event loop)
2. `signature`  verifies the raw bytes against the app's secrets (event loop)
3. `split`      takes the body apart by the table in `kinds` (event loop)
4. `writer`     gathers what waits and commits it as one batch (a thread of its own)
5. `store`      the statements, one module for each database (that thread)

Beside them: `registry` knows the apps and their secrets, `traffic` counts minutes and bounds refusals, `probes`
answers those who watch over the process. Nothing else may be added to this path: no ORM, no broker, no cache, no
network call stands between a delivery and its answer.
"""
