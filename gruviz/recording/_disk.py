"""The file under a recording that is being written, made so that a full disk is an error and not a crash.

Once a write to its file has failed, HDF5 cannot close it: it tries the same write again, fails again, and takes the
process down with it at exit. So HDF5 writes through this object, which never fails. From the first error on it
remembers that error and keeps in memory what is still written, so that HDF5 can read it back and close in peace. Then
the file is put back to how it was when it was last settled, so that a flush that broke off in the middle of the file's
own tables leaves no wreck.
"""

import io
import os
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


class Disk:
    """A new file, as the binary file object that h5py asks for."""

    def __init__(self, path: Path) -> None:
        """Make the file. Raises OSError where that is impossible, or another process is writing to it."""
        self._file = io.FileIO(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666), "r+")
        try:
            if fcntl is not None:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if self._file.seek(0, os.SEEK_END):  # some file systems write out at once what was ever truncated
                self._file.truncate(0)
        except OSError:
            self._file.close()
            raise
        self.error: OSError | None = None
        """The first thing that went wrong."""
        self._at = 0
        self._end = 0
        self._settled = 0
        self._before: dict[tuple[int, int], bytes] = {}
        """What stood, when it was settled, where something was written since: by place and size."""
        self._unwritten: list[tuple[int, bytes]] = []

    def settle(self) -> None:
        """Take the file as it is now for one to go back to: all that belongs together has been written."""
        if self.error is None:
            self._settled = self._end
            self._before.clear()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place in the file."""
        self._at = offset + (self._end if whence == os.SEEK_END else self._at if whence == os.SEEK_CUR else 0)
        return self._at

    def tell(self) -> int:
        """Where the next byte is read or written."""
        return self._at

    def read(self, size: int) -> bytes:
        """Read from where it stands; h5py knows a file object by this method, and reads by the next."""
        buffer = bytearray(size)
        self.readinto(memoryview(buffer))
        return bytes(buffer)

    def readinto(self, buffer: memoryview) -> int:
        """Fill the buffer, with zeros where nothing was written."""
        target = memoryview(buffer).cast("B")
        self._file.seek(self._at)
        have = 0
        while have < len(target) and (count := self._file.readinto(target[have:])):
            have += count
        target[have:] = bytes(len(target) - have)
        for offset, data in self._unwritten:
            begin, end = max(offset, self._at), min(offset + len(data), self._at + len(target))
            if begin < end:
                target[begin - self._at : end - self._at] = data[begin - offset : end - offset]
        self._at += len(target)
        return len(target)

    def write(self, data: memoryview) -> int:
        """Write all of the data, or keep it in memory once the disk has refused some."""
        data = memoryview(data).cast("B")
        if self.error is None:
            try:
                self._remember(len(data))
                self._put(self._at, data)
            except OSError as error:
                self.error = error
        if self.error is not None:
            self._unwritten.append((self._at, bytes(data)))
        self._at += len(data)
        self._end = max(self._end, self._at)
        return len(data)

    def truncate(self, size: int) -> int:
        """Make the file as long as `size`."""
        if self.error is None:
            try:
                self._file.truncate(size)
            except OSError as error:
                self.error = error
        self._end = size
        return size

    def flush(self) -> None:
        """Do nothing: every write goes to the system at once."""

    def close(self) -> None:
        """Close the file, put back if something went wrong. HDF5 must have closed it before. Twice does no harm."""
        if self._file.closed:
            return
        try:
            if self.error is not None:
                for (offset, _), data in reversed(self._before.items()):
                    self._put(offset, memoryview(data))
                self._file.truncate(self._settled)
            self._file.close()
        except OSError as error:
            self.error = self.error or error
        self._before.clear()
        self._unwritten.clear()

    def _remember(self, size: int) -> None:
        size = min(size, self._settled - self._at)
        if size > 0 and (self._at, size) not in self._before:
            self._file.seek(self._at)
            self._before[self._at, size] = self._file.read(size)

    def _put(self, offset: int, data: memoryview) -> None:
        self._file.seek(offset)
        done = 0
        while done < len(data):
            done += self._file.write(data[done:]) or 0
