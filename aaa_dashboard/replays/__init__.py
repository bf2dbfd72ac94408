"""Replays: X delivers once more what was attempted in a window, so that what was missed here arrives after all.

In the order in which a replay meets them:

1. `windows`     what X takes: how old, how long, in whole minutes
2. `planning`    a person's wish, or the gaps that wait, become a replay of one or several jobs
3. `recovering`  gaps become replays without anybody, as far as the webhook's policy lets them
4. `requesting`  one job is claimed and X is asked for it
5. `completing`  X's `replay_job_status` releases the webhook for the next one
6. `progress`    counts what comes meanwhile
7. `ending`      a job that has ended is asked for again, or ends the replay and closes its gaps

`advancing` goes through all of it every 15 seconds (`tasks`): the database is the truth, a message only a nudge.
Source of what X does: X, “Replay API” (reference).
"""
