"""Health, status and metrics of the jobs service."""
