"""Messages between a worker and those who ask it: JSON objects, each after its length in 4 bytes."""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO


def send(stream: BinaryIO, message: dict[str, Any]) -> None:
    data = json.dumps(message).encode()
    stream.write(struct.pack("!I", len(data)) + data)
    stream.flush()


def receive(stream: BinaryIO) -> dict[str, Any] | None:
    """The next message; None at the end of the stream."""
    head = stream.read(4)
    if len(head) < 4:
        return None
    (length,) = struct.unpack("!I", head)
    message: dict[str, Any] = json.loads(stream.read(length))
    return message
