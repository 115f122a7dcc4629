"""Reads uncertain rows back from the CRM and settles them."""
