"""Pages: `accounts`, `inviting` and `moves` are for staff; `owner` and `callback` for everybody."""
