"""Monitoring with all its real parts at once: broker, relay, sockets, and a program one can kill."""
