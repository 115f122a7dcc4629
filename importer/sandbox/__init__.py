"""A LeadSquared of our own on this computer, over real HTTP. It imports nothing of the importer."""
