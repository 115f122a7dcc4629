"""Plan an import: check a source file with a mapping, row by row. Nothing here can send."""
