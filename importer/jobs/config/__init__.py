"""The jobs file: model, loader and checks."""
