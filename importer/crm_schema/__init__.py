"""The fields and values that a LeadSquared account allows."""
