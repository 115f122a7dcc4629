from .analyzer import DataQualityAnalyzer
from .model import Damage

__all__ = [
    "Damage",
    "DataQualityAnalyzer",
]
