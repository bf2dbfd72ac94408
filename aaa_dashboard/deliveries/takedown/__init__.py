"""Erasing what X, a person or a rule wants gone, from every copy.

In the order of a post's end: `posts` reads which posts a payload holds and takes one out; `index` follows the receiver
and writes down which event holds which post; `erasing` takes out those that are due; `unsplit` looks through what could
not be taken apart; `requests` are the takedowns that people ask for, with their clock; `steps` is what each of them
does; `owners` is what the hand-over calls.

Everybody who marks copies and everybody who indexes them takes the same row first (`index.lock`), so that no copy
slips through between the two.
"""
