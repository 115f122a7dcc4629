"""Detection of values that a spreadsheet program has damaged: lost zeros, rounded digits, swapped dates, mojibake.

The reports of an import show each finding as a :class:`Damage`; :class:`~importer.data_quality.analyzer.
DataQualityAnalyzer` finds them.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
