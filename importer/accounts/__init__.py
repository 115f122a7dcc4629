"""Several accounts: the accounts file read strictly, changed with care, and tried out."""
