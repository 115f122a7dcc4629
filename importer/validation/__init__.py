"""A mapping becomes a pandera schema; every row of the source becomes a record or has problems that say why not."""
