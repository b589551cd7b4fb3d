"""Pictures of pages, drawn when somebody looks and kept for a while; the pages looked at next are drawn ahead."""

import threading
from collections import OrderedDict
from concurrent.futures import Future
from contextlib import suppress

from app.access.roles import Act, allow
from app.domain import Page
from app.errors import LoanLensError
from app.review_queue.desk import Desk
from app.review_queue.opened import Draws, Review, page_picture

_MOST = 200  # about 60 MB
Key = tuple[str, str, int, int]


class Pictures:
    """The pictures of one process: each page is drawn once, however many look at it at a time."""

    def __init__(self, reader: Draws) -> None:
        self._reader = reader
        self._kept: OrderedDict[Key, Future[str]] = OrderedDict()
        self._turn = threading.Lock()

    def picture(self, desk: Desk, review: Review, page: Page) -> str:
        """Return a page as data URI. Raises what keeps it from being drawn."""
        allow(desk.user, Act.READ_APPLICATION, desk.user.lender_id)
        found, mine = self._place(_key(desk, review, page))
        if mine:
            self._draw(found, desk, review, page)
        return found.result()

    def has(self, desk: Desk, review: Review, page: Page) -> bool:
        """Say whether a page was drawn already."""
        with self._turn:
            kept = self._kept.get(_key(desk, review, page))
        return kept is not None and kept.done()

    def draw_ahead(self, desk: Desk, review: Review, pages: list[Page]) -> None:
        """Draw pages that were not drawn yet in the background, in order."""
        lacking = [page for page in pages if not self.has(desk, review, page)]
        if lacking:
            threading.Thread(target=self._draw_all, args=(desk, review, lacking), daemon=True).start()

    def _draw_all(self, desk: Desk, review: Review, pages: list[Page]) -> None:
        for page in pages:
            with suppress(LoanLensError):
                self.picture(desk, review, page)

    def _place(self, key: Key) -> tuple[Future[str], bool]:
        """Return where a picture comes to lie, and whether the caller is the one to draw it."""
        with self._turn:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found, False
            made: Future[str] = Future()
            self._kept[key] = made
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
            return made, True

    def _draw(self, into: Future[str], desk: Desk, review: Review, page: Page) -> None:
        try:
            into.set_result(page_picture(desk, self._reader, review, page).uri)
        except LoanLensError as error:
            self._forget(_key(desk, review, page))
            into.set_exception(error)
        finally:
            if not into.done():  # whatever else went wrong is for the caller; who waits is not left waiting
                self._forget(_key(desk, review, page))
                into.cancel()

    def _forget(self, key: Key) -> None:
        with self._turn:
            self._kept.pop(key, None)


def _key(desk: Desk, review: Review, page: Page) -> Key:
    sha256 = next((each.sha256.hex() for each in review.documents if each.file == page.file and each.state != "purged"), "")
    return desk.user.lender_id, sha256, page.number, page.rotation
