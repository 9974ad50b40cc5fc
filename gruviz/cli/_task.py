"""Which task is learned, and from what file."""

import argparse


def add_task(parser: argparse.ArgumentParser) -> None:
    """Its name, and the file that some learn from."""
    parser.add_argument("task", metavar="TASK")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--text", metavar="FILE", help="what char reads")
    source.add_argument("--data", metavar="FILE", help="what series reads: a table, an array or a sound")
