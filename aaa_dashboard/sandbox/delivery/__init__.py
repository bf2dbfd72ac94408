"""Deliveries on their way to webhooks.

`posting` signs a body and posts it once. `deliverer` keeps the deliveries of one webhook, and repeats them on X's
timetable; `dispatch` has one of those for each webhook, and takes deliveries from whoever makes them. `mishaps` is what
faults do to them on the way. `log` remembers every delivery and attempt, `replays` delivers a window of them once more.
"""
