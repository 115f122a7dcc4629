"""Workbooks of Excel and OpenDocument: sheet selection, safety checks, and the readers of .xls, .xlsb and .ods."""
