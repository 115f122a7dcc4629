"""Reader of delimited text files."""
