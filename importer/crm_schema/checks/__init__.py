"""Checks a mapping against the schema of its account."""
