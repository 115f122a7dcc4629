"""The web page: an import from the upload of a file to its results, and the jobs, in a browser."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
