"""Asynchronous page faults of a tiny guest on real KVM, beside what the lab's model says from the settings alone.

`settings` says what is run, `prediction` what will happen, `run` boots and runs it, `result` holds the two against
each other; `recorded` gives the same from bundled files.
"""
