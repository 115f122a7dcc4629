"""Compares a mapping with what the account says of itself. Pure: it opens nothing and asks nobody."""
