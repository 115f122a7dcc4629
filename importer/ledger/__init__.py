"""The ledger: the durable record of calls, their answers and the outcome of each row."""
