"""Reads workbooks in a separate process with limited resources."""
