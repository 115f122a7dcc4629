"""Detects values that a spreadsheet program has damaged."""
