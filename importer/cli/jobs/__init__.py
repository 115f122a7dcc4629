"""`importer jobs` and `importer serve`: the commands for imports that run by themselves."""
