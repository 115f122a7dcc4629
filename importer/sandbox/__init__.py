"""A LeadSquared of our own on this computer, over real HTTP. It imports nothing of the importer.

``python -m importer.sandbox`` runs one as a process; :func:`importer.sandbox.server.serve` runs one inside a test.
"""
