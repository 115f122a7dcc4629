"""Imports that run by themselves: jobs with a schedule, an inbox, guards, and an engine that survives a crash."""
