"""X apps and their webhooks.

`keys` (in, and never out again) → `preflight` (would X take the address?) → `registering` (register, adopt) →
`asking` (what X has, beside what we have) → `validating` → `deleting`. People run them from `views`, `admin` and
`manage.py webhooks`; each writes what it changed into the webhook's timeline and into the audit.
"""
