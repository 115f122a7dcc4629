"""Deliver a plan: send its rows, each exactly once, and record their outcomes."""
