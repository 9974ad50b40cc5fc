"""Who is asked for what is to be drawn, whether that is of one open recording or of several."""

from PySide6.QtCore import QObject, Signal

from gruviz.ui.reading import Facts, Request


class Asked(QObject):
    """Ask it: it answers the newest request of each slot, and leaves stale ones out.

    An answer goes out only while it is about what the newest request of its slot is about.
    """

    opened = Signal(object)
    """`Facts` of the recording that is open now. What was asked of the one before is forgotten."""
    refused = Signal(str, str)
    """A path, and why it could not be opened. The recording that was open stays open."""
    looked = Signal(object, str)
    """What came of a look at the file: its `Facts` where there is something new, else None; and what went wrong.

    All that was asked and may have another answer by now is asked anew by itself.
    """
    answered = Signal(object, object)
    """A request, and its answer."""
    failed = Signal(object, str)
    """A request, and why it could not be answered; of a recording that somebody is writing, nobody is told.

    What was read last stays, and `stumbled` says that it is worth another look.
    """
    settled = Signal()
    """Nothing is left to do."""

    @property
    def facts(self) -> Facts | None:
        """Of the open recording; None while there is none."""
        raise NotImplementedError

    @property
    def stumbled(self) -> str:
        """Why the last read of a recording that is being written came to nothing; empty where it did not."""
        raise NotImplementedError

    @property
    def idle(self) -> bool:
        """Whether all that was asked has been answered."""
        raise NotImplementedError

    def open(self, path: str) -> None:
        """Open the recording at `path`; `opened` or `refused` follows."""
        raise NotImplementedError

    def look(self, again: bool = False) -> None:
        """Look for what is new in the open recording; `looked` follows. Read it anew in any case, if told so."""
        raise NotImplementedError

    def ask(self, request: Request) -> None:
        """Ask for something of the open recording. The same thing asked twice in a row is asked once."""
        raise NotImplementedError

    def forget(self, slot: str) -> None:
        """Nothing is waited for in this slot any more."""
        raise NotImplementedError

    def stop(self) -> None:
        """End, after the read that is under way, and close what is open. Nothing is answered afterwards."""
        raise NotImplementedError
