"""Turns a source file and a mapping into a plan; nothing here can send."""
