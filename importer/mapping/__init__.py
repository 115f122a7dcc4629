"""Mapping files: which column becomes which CRM field, and how."""
