"""Telling people once when something changes.

The stages, in order: `kinds` is the table of what there is to tell, `conditions` finds what is so now, `round` compares
it with the notices that are open, `outbox` says to whom each change is to be told and takes what is due, `telling`
tells it. `keeper` has a web process look round when nobody else does.

Run by the task `staff.look_round` once a minute, and by the keeper of a web process.
"""
