"""Django's SQLite backend for several writers: a sound version, durable commits, and a queue before the pen.

Django opens `base` in here because `DATABASES` names this package as an ENGINE.
"""
