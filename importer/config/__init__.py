"""Settings, regions, secrets, the accounts file, and the toolkit for YAML files."""
