"""How the reading process and its asker talk: plain JSON, each message after its length in 4 bytes. Never pickle."""

import json
import struct
from typing import Any

Message = dict[str, Any]
LENGTH = struct.Struct(">I")


def packed(message: Message) -> bytes:
    """Return `message` as it travels."""
    body = json.dumps(message).encode()
    return LENGTH.pack(len(body)) + body


def unpacked(body: bytes) -> Message:
    """Return the message whose JSON is `body`. Raises EOFError for anything else: the other side is out of its mind."""
    try:
        message: Message = json.loads(body)
    except ValueError as error:
        raise EOFError from error
    return message
