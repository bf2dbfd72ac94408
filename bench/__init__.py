"""What the receiver takes, measured the way it runs in production. `make bench`, or `python -m bench --help`.

1. `databases` makes an empty database and migrates it, with every index that lists and search need.
2. `servers` starts the receiver as users start it, and beside it an ASGI callable that does nothing (`nothing`).
3. `load` sends signed, unique deliveries (`bodies`) from a process of its own; `challenges` asks for CRC answers.
4. `alone` gives the database the same rows without HTTP, signatures and splitting.
5. `rounds` takes these in turns, since a shared machine is never twice the same, and compares medians.
6. `databases` is asked whether every acknowledged event is there exactly once; `report` prints.

`live` measures how long a stored event takes to reach open pages, `lists` what a page of the list takes over many
events, and `sandbox` what the sandbox sends, against a `webhook` that answers and counts.
"""
