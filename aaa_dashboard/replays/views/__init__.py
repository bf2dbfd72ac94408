"""Pages about replays. Everybody who is signed in looks, operators ask and cancel."""
