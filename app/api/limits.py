"""How often each caller may call (token buckets in this process), and how much a request may carry."""

import time
from collections.abc import Callable, Hashable
from threading import Lock

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.settings import Settings

#: Most bytes of a body that is no form with files: a manifest of a thousand applications has about 1.5 MB.
MOST_JSON_BYTES = 8_000_000
_FORM_MARGIN = 1_000_000
_MOST_CALLERS = 10_000


class Buckets:
    """A bucket of requests for each caller: it holds `most` and fills again by `rate` a second."""

    def __init__(self, rate: float, most: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._most, self._clock = rate, most, clock
        self._left, self._lock = dict[Hashable, tuple[float, float]](), Lock()

    def wait(self, caller: Hashable) -> float:
        """Take a request from the caller's bucket and return 0, or the seconds until there is one again."""
        with self._lock:
            now = self._clock()
            left, since = self._left.pop(caller, (self._most, now))
            left = min(self._most, left + (now - since) * self._rate)
            taken = left >= 1
            self._left[caller] = (left - 1 if taken else left, now)
            if len(self._left) > _MOST_CALLERS:
                del self._left[next(iter(self._left))]  # who called longest ago; his bucket is full again
            return 0.0 if taken else (1 - left) / self._rate


class TooLarge(HTTPException):
    """A body is larger than it may be."""

    def __init__(self, most: int) -> None:
        super().__init__(413, f"The body may have {most:,} bytes at most: send it in parts, or the files ahead by POST /v1/files.")


class BodyLimit:
    """Refuses bodies that are larger than they may be, by what they say of themselves and by what comes."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app, self._most_form_bytes = app, settings.max_archive_bytes + _FORM_MARGIN

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, counting its bytes as they are asked for."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        most = self._most_form_bytes if headers.get("content-type", "").startswith("multipart/form-data") else MOST_JSON_BYTES
        said, taken = headers.get("content-length", "0"), 0

        async def counted() -> Message:
            nonlocal taken
            if said.isdigit() and int(said) > most:
                raise TooLarge(most)
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most:
                raise TooLarge(most)
            return message

        await self._app(scope, counted, send)
