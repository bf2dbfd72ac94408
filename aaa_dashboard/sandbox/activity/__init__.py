"""What the pretend users do, and who hears of it.

`acts` are the things a person can do as one of them; each is remembered and told. `objects` writes posts, users and
messages as X's API v1.1 does; `audience` says which subscribed accounts X tells of what, and where to. `traffic` does
things at random, without remembering them; `scenario` does what a file says.
"""
