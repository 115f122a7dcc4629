"""The HTTP client of the LeadSquared API."""
