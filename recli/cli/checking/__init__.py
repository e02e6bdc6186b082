"""Trying profiles: whether each is reachable, known and allowed, and what would mend it."""
