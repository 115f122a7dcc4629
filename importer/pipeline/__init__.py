"""The story: a spreadsheet becomes a plan, and a plan is delivered exactly once."""
