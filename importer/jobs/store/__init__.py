"""The database of job runs and their files."""
