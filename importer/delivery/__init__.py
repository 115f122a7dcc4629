"""Sends the rows of a plan, each exactly once, and records their outcomes."""
