"""The door to LeadSquared: one request at a time, and what its answer means."""
