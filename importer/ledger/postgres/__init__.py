"""The ledger, the limits and the sender lock in a PostgreSQL database that several machines share."""
