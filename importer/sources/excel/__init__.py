"""Reader of workbooks by python-calamine."""
