"""Everything that speaks to X. Knows no model, no view and no request: credentials go in, typed results come out.

`interface` says what can be asked, and chooses the generation of an app. `v1_1` asks the v1.1 Enterprise Account
Activity API, `oauth` is about tokens: one method for each of `endpoints`, made a call by `asking`. A call goes through
`transport`: `rate_limits` says when, `signing` says who asks (`bearer_tokens` remembers what was fetched), `answers`
reads what comes back (`network` says why nothing does), `retries` says whether to ask again. `results` is what is made
of an answer.

Every failure is an exception of `errors`, explained from the closed table in `known_errors`: what X said, what it
means, what to do. `key_check` tests the keys of an app.
"""
