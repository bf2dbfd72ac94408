"""Everything on one machine, for `make run`: web and receiver, worker and beat, and the sandbox in place of X.

`__main__` is the order of steps, `configuration` the environment of the processes, `supervisor` starts and ends them.
Only the standard library and django-environ are imported, so that the supervisor stays small beside what it runs.
"""
