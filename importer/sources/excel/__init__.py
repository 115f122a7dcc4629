"""Workbooks of Excel and OpenDocument: sheet selection, safety checks, and the reader by python-calamine."""
