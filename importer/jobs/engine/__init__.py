"""Runs jobs durably on DBOS."""
