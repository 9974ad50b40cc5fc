"""What a model file of another program may not say of itself."""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gruviz.model.answers import Answers


def add_answers(parser: argparse.ArgumentParser) -> None:
    """The options."""
    model = parser.add_argument_group("what a model file may not say")
    model.add_argument("--module", metavar="NAME", help="which of several recurrent networks; gruviz info lists them")
    model.add_argument(
        "--update-gate", choices=("keep", "write"), help="what an update gate of 1 does; it keeps without"
    )
    model.add_argument(
        "--reset", choices=("after", "before"), help="where a GRU's reset gate acts: the product with W_hn"
    )
    model.add_argument("--nonlinearity", choices=("tanh", "relu"), help="of a plain RNN; tanh without")
    model.add_argument("--reads", choices=("tokens", "numbers"), help="through the embedding, or in place of it")
    model.add_argument("--names", metavar="MAP.json", help="which array is which, for arrays of other names")


def answers_of(given: argparse.Namespace) -> "Answers":
    """What was said with them."""
    from gruviz.model.answers import Answers

    return Answers(given.update_gate, given.reset, given.nonlinearity, given.reads, given.names)
