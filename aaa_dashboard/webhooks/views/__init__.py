"""Pages for staff: `webhooks` and `apps`. Everybody who is signed in looks, operators change."""
