"""Sending: sessions, credentials, limits, retries, host checks. Everything that waits is here."""
