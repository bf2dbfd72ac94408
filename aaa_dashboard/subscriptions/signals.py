"""What other parts are told, which this one must not import."""

from django.dispatch import Signal

owner_left = Signal()
"""An owner (`account`) has disconnected from an app (`app`) at a time (`at`), and their events are to go with them.
`by` is the actor. Whoever disconnects and wants their events kept is not told of."""

account_forgotten = Signal()
"""What is known of an account (`account`) is being wiped, in the transaction that is open; it has its names still.
`subscriptions` are the ids of its rows. Whoever wrote a name down elsewhere takes it out there."""
