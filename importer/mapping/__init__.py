"""Mapping files: which column becomes which CRM field, and how. Model, loader, checks and heading matching."""
