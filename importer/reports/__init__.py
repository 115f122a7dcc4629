"""What became of every row, as a workbook, a page, terminal text and JSON. Everything is drawn from a RunSummary."""
