"""Pages for people: what there is (`overview`), acting as somebody (`people`), what went over the wire (`records`),
what goes wrong (`trouble`), and how to use it all (`guide`). No sign-in: the sandbox listens on loopback.
"""
