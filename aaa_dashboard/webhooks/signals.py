"""What other parts are told, which this one must not import."""

from django.dispatch import Signal

began = Signal()
"""A webhook (`webhook`) is ours from now on. Sent in that transaction."""

ended = Signal()
"""A webhook (`webhook`) was deleted or is gone from X, and its subscriptions with it. Sent in that transaction."""

valid_again = Signal()
"""A webhook (`webhook`) was invalid, and X says that it is valid. Sent after that was written."""
