"""X's API as its clients see it: `/1.1/…`.

A request passes the `door` (who asks, may they, how often: `limits`), then an endpoint, grouped by what it deals with:
`webhooks`, `subscriptions`, `replays`, `users`. What goes wrong is one row of `errors`. Who asks is found out by the
package `oauth` beside this one.
"""
