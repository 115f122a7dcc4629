"""Reading of workbooks in a separate process with limited memory and time."""
