"""The memory on disk: what was sent, what came back, what is still in doubt."""
