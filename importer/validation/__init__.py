"""Validation of rows: a mapping is compiled to a pandera schema, and each row becomes a record or gets problems."""
