"""Proposes a mapping from what a file holds: its headings, the values of all its rows, and the account's own fields.

Nothing here asks LeadSquared: what is known of the account comes in as values.
"""
