"""HTTP/1.1 as a client needs it, without sockets: requests as bytes, and answers from bytes in pieces of any size.

One reader serves threads and asyncio alike, and so every read has the caller's deadline, and everything that a server
can send without end has a bound.
"""
from __future__ import annotations

import zlib
from typing import Callable, Dict, List, Mapping, Optional

HEAD_BYTES = 65_536
LINE_BYTES = 4_096


class DamagedAnswer(Exception):
    """The bytes that came are no answer."""


def request_bytes(method: str, target: str, headers: Mapping[str, str], body: Optional[bytes]) -> bytes:
    """A whole request. Targets and headers are checked by who makes them: nothing in them may end a line."""
    lines = [f"{method} {target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + (body or b"")


class AnswerReader:
    """Reads one answer to a request of a method.

    Attributes:
        status: Its status, 0 before the head is there.
        headers: By name in lower case; what is given several times stands with commas between.
        has_head: Whether status and headers are there.
        done: Whether the answer is whole.
        begun: Whether any byte of it has come.
        reusable: Once it is done, whether the connection may be used again.
    """

    def __init__(self, method: str) -> None:
        self.status = 0
        self.headers: Dict[str, str] = {}
        self.has_head = False
        self.done = False
        self.begun = False
        self.reusable = False
        self._method = method
        self._received = bytearray()
        self._body: List[bytes] = []
        self._left = 0
        self._head_bytes = 0
        self._step: Callable[[], bool] = self._read_head

    def feed(self, data: bytes) -> None:
        """What has come; nothing means that the server has closed.

        Raises:
            DamagedAnswer: It is no HTTP, or it ends too early.
        """
        if not data:
            if self._step == self._read_to_end:
                self.done = True
            elif not self.done:
                raise DamagedAnswer("the connection was closed before the answer was whole" if self.begun
                                    else "the connection was closed without an answer")
            return
        self.begun = True
        self._received += data
        while not self.done and self._step():
            pass
        if self.done and self._received:
            # Bytes that nobody asked for: whatever they are, the next answer is none of them.
            self.reusable = False

    def take(self) -> bytes:
        """The part of the body that has come since it was last taken."""
        body, self._body = b"".join(self._body), []
        return body

    # The steps: each does what it can with what has come, and says whether there may be more to do.

    def _read_head(self) -> bool:
        end = self._received.find(b"\r\n\r\n")
        if self._head_bytes + (end if end >= 0 else len(self._received)) > HEAD_BYTES:
            raise DamagedAnswer(f"the answer's head has more than {HEAD_BYTES} bytes")
        if end < 0:
            if not b"HTTP/1.".startswith(self._received[:7]):
                raise DamagedAnswer("what answers does not speak HTTP")
            return False
        head, self._received = bytes(self._received[:end]), self._received[end + 4:]
        # Interim answers count as well: a server may send them without end.
        self._head_bytes += end + 4
        first, *rest = head.decode("latin-1").split("\r\n")
        version, _, line = first.partition(" ")
        code = line[:3]
        if version not in ("HTTP/1.1", "HTTP/1.0") or not (code.isascii() and code.isdigit()) or line[3:4].strip():
            raise DamagedAnswer("the answer has no status line")
        headers: Dict[str, str] = {}
        for header in rest:
            name, colon, value = header.partition(":")
            if not colon or not name or name != name.strip():
                raise DamagedAnswer("a header of the answer is none")
            name, value = name.lower(), value.strip(" \t")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        status = int(code)
        if status == 101 or status < 100:
            raise DamagedAnswer(f"the answer has the status {status}")
        if status < 200:
            return True
        self.status, self.headers, self.has_head = status, headers, True
        self._choose_body(version)
        return True

    def _choose_body(self, version: str) -> None:
        """RFC 9112, section 6.3."""
        options = [option.strip().lower() for option in self.headers.get("connection", "").split(",")]
        self.reusable = "close" not in options and (version == "HTTP/1.1" or "keep-alive" in options)
        coding, length = self.headers.get("transfer-encoding"), self.headers.get("content-length")
        if self._method == "HEAD" or self.status in (204, 304):
            self.done = True
        elif coding is not None:
            if coding.lower() != "chunked" or length is not None:
                raise DamagedAnswer("the answer's length can be read in two ways")
            self._step = self._read_chunk_line
        elif length is not None:
            # The same length given several times is one.
            lengths = {each.strip() for each in length.split(",")}
            text = lengths.pop()
            if lengths or not (text.isascii() and text.isdigit()) or len(text) > 18:
                raise DamagedAnswer("the answer's length is no number")
            self._left = int(text)
            self._step = self._read_counted
            self.done = self._left == 0
        else:
            self.reusable = False
            self._step = self._read_to_end

    def _move(self, count: int) -> None:
        self._body.append(bytes(self._received[:count]))
        del self._received[:count]

    def _read_to_end(self) -> bool:
        self._move(len(self._received))
        return False

    def _read_counted(self) -> bool:
        count = min(self._left, len(self._received))
        self._move(count)
        self._left -= count
        self.done = self._left == 0
        return False

    def _line(self) -> Optional[bytes]:
        end = self._received.find(b"\r\n")
        if (end if end >= 0 else len(self._received)) > LINE_BYTES:
            raise DamagedAnswer("a line between the answer's chunks is too long")
        if end < 0:
            return None
        line = bytes(self._received[:end])
        del self._received[:end + 2]
        return line

    def _read_chunk_line(self) -> bool:
        line = self._line()
        if line is None:
            return False
        digits = line.partition(b";")[0].strip()
        if not digits or len(digits) > 15 or digits.strip(b"0123456789abcdefABCDEF"):
            raise DamagedAnswer("the length of a chunk is no number")
        self._left = int(digits, 16)
        self._step = self._read_chunk if self._left else self._read_trailer
        return True

    def _read_chunk(self) -> bool:
        if self._left:
            if not self._received:
                return False
            count = min(self._left, len(self._received))
            self._move(count)
            self._left -= count
            return True
        if len(self._received) < 2:
            return False
        if self._received[:2] != b"\r\n":
            raise DamagedAnswer("a chunk is longer than it says")
        del self._received[:2]
        self._step = self._read_chunk_line
        return True

    def _read_trailer(self) -> bool:
        line = self._line()
        if line is None:
            return False
        self._head_bytes += len(line)
        if self._head_bytes > HEAD_BYTES:
            raise DamagedAnswer("the answer's trailers are too long")
        self.done = not line
        return True


class BodyDecoder:
    """The text of a body that may be in gzip, and may not be longer than a limit."""

    def __init__(self, coding: Optional[str], limit: Optional[int]) -> None:
        self._left = limit
        self._inflater = None
        if coding is not None and coding.lower() in ("gzip", "x-gzip"):
            self._inflater = zlib.decompressobj(31)
        elif coding is not None and coding.lower() not in ("", "identity"):
            raise DamagedAnswer(f"the answer is encoded as {coding[:40]!r}, which nobody asked for")

    def feed(self, data: bytes) -> bytes:
        """What the bytes say.

        Raises:
            DamagedAnswer: They are no gzip, or it would be longer than the limit.
        """
        if self._inflater is not None and data:
            data = self._inflate(data)
        if self._left is not None:
            self._left -= len(data)
            if self._left < 0:
                raise DamagedAnswer("the answer is larger than max_answer_bytes: read it in pages")
        return data

    def _inflate(self, data: bytes) -> bytes:
        parts: List[bytes] = []
        room = self._left
        try:
            while data:
                assert self._inflater is not None
                if self._inflater.eof:
                    self._inflater = zlib.decompressobj(31)
                # One byte more than there may be, so that it is noticed; 0 would mean no bound.
                part = self._inflater.decompress(data, 0 if room is None else room + 1)
                parts.append(part)
                if room is not None:
                    room -= len(part)
                    if room < 0:
                        break
                data = self._inflater.unconsumed_tail or self._inflater.unused_data
        except zlib.error as error:
            raise DamagedAnswer(f"the answer's gzip is damaged: {error}") from None
        return b"".join(parts)

    def end(self) -> None:
        """The body is over.

        Raises:
            DamagedAnswer: Its gzip is not.
        """
        if self._inflater is not None and not self._inflater.eof:
            raise DamagedAnswer("the answer's gzip ends too early")
