"""The web page: an import from the upload of a file to its results, and the jobs, in a browser."""
