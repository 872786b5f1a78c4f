"""How a comment is read: what the words of feeling are (``lexicon``) and what they add up to (``reading``)."""

from zhiyin.insight.rules.lexicon import BadLexicon, Expression, Lexicon, lexicon_of
from zhiyin.insight.rules.reading import Reading, Span, read_comment

__all__ = ["BadLexicon", "Expression", "Lexicon", "Reading", "Span", "lexicon_of", "read_comment"]
