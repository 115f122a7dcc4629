"""The operations of the ledger by what they are about, each with its SQL."""
