"""The screens of the page, one module for each part of the way."""
