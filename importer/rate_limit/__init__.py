"""Keeps to the rate limits of an account: windows, shared slots, learned limits and the daily quota."""
