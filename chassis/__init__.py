"""What every service stands on."""

import os

# Before anybody imports eventlet: its own resolver costs 19 MB a process, and names are looked up at start only.
os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")
