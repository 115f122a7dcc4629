from .account import AccountProfile, KnownField
from .mapping_writer import mapping_text, open_questions
from .model import MappingLine, Proposal
from .proposal import propose

__all__ = [
    "AccountProfile",
    "KnownField",
    "MappingLine",
    "Proposal",
    "mapping_text",
    "open_questions",
    "propose",
]
