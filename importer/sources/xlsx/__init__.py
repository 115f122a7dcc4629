"""Our own streaming reader of .xlsx workbooks, written for speed (docs/xlsx-reader.md).

The rest of the program enters it by one function, :func:`importer.sources.xlsx.workbook.open_xlsx_workbook`.
"""
