from .account import AccountProfile, KnownField
from .mapping_writer import is_proposal, mapping_text, open_questions
from .model import MappingLine, Proposal
from .proposal import propose
from .vocabulary import LEAD_FIELDS

__all__ = [
    "LEAD_FIELDS",
    "AccountProfile",
    "KnownField",
    "MappingLine",
    "Proposal",
    "is_proposal",
    "mapping_text",
    "open_questions",
    "propose",
]
