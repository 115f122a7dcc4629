"""Notifications about job runs, sent at least once."""
