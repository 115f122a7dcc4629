"""Inbox, claimed files and archive of a job."""
