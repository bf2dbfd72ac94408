"""A stand-in for X: the other side of the Account Activity API, on this machine.

Stages, in the order in which a consumer of the API meets them:

1. `world` and `people` say who there is: a company's contract with X, its app, its owner, pretend users (`models`).
2. `oauth` finds out who asks and lets users allow apps; `api` answers as X does; `oversight` notes every request.
3. `registration` takes webhooks whose address will do (`webhook_urls`) and which answer the `challenge`; `validity`
   keeps an eye on them.
4. Things happen: pretend users do something (`activity`), or traffic flows from payload files. `anatomy` and `words`
   take a payload apart once; `mint` makes fresh deliveries of it: new ids, times, people, words (`sentences`).
5. `delivery` signs what happened (`signing`), posts it, repeats it on X's timetable, and replays it.

Beside them: `face` shows and does all of it in a browser, `control` as JSON for tests; `faults` go wrong on purpose;
`clock` can be moved ahead. `python -m aaa_dashboard.sandbox` runs everything in one process (`service`); `… send`
runs `send` by itself. It shares no code with the rest of the package: what it proves about the receiver it proves as X
would.
"""
