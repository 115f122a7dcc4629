"""Fast streaming reader of .xlsx workbooks."""
