"""Settings, regions, secrets and accounts."""
