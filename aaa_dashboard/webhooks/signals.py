"""What other parts are told, which this one must not import."""

from django.dispatch import Signal

ended = Signal()
"""A webhook (`webhook`) was deleted or is gone from X, and its subscriptions with it. Sent in that transaction."""
