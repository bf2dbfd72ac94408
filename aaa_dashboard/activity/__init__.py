"""What people look at, in the order in which an event passes through.

`cards/` reads a payload and says in words what it holds; `rows.py` renders the one row that every list shows;
`feed/` follows the table and sends rows to open pages; `queries.py` and `views.py` serve Live, Events and one event.
"""
