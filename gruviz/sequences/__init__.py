"""What can be fed to a network: text, tables and arrays, each read into a `Sequence`, and the vocabulary of a text."""

from ._read import read
from ._sequence import Sequence
from ._vocabulary import Vocabulary

__all__ = ["Sequence", "Vocabulary", "read"]
