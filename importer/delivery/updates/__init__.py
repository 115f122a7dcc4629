"""Correct activities that earlier runs made, where rows of a file differ from them."""
