"""The schema of a LeadSquared account: its fields, activity types and users, and checks of a mapping against them."""
