"""The lineage of corrected rows: which row of an earlier run a row of a corrected sheet stands for."""
