"""Who asks, and how users allow apps to ask: OAuth 1.0a and app-only OAuth 2, as X has them.

`signed` reads and verifies a signed request, `nonces` remembers which were used, `tokens` makes and ends tokens.
`callers` says who stands behind any request. `handshake` answers apps that want tokens; `consent` asks people.
"""
