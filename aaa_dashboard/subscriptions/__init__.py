"""Accounts, and how they are subscribed to webhooks, by the people they belong to.

`invites` makes links for owners; `sign_in` goes the three legs to X and back; `consent` is what they agree to;
`subscribing` ends in X sending their activity. `checking` compares with X, `ending` removes, `profiles` keeps names
fresh, `moving` takes all of a webhook's subscriptions to another address, and `moving_along` has workers do so. `views`
are the pages over it: those of `owner` and `callback` are for people without a login here.
"""
