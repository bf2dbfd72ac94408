"""Live: one feed per process follows the table of events and hands what is new to every open page.

`holes.py` keeps account of ids that were passed over, because commits land out of id order; `erasures.py` finds rows
that may no longer be shown; `reader.py` asks the database and renders; `messages.py` writes Server-Sent Events;
`following.py` ties them to the pages. It runs only while somebody watches.
"""

from .following import MOST_HELD, close_all, follow, position
from .reader import View

__all__ = ["MOST_HELD", "View", "close_all", "follow", "position"]
