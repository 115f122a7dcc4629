"""The accounts file: read strictly, edited in place."""
