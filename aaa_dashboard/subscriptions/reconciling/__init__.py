"""Keep subscriptions true: what X says and what we have, compared every quarter of an hour and at anybody's wish.

`running` (one comparison from beginning to end) → `comparing` (X's lists, and whether they are believed) → `sign_ins`
(do the tokens still work?) → `repairing` (subscribe again) → `counting` (X's count, places left) → `ledger` (what is
found stands until it is settled). Nothing is ever removed at X; what is not safe is left to a person, with its button.
"""
