"""Who calls: an API key or an identity provider's token becomes a user, before anything else of a request is looked at."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Connection, Engine

from app.access.api_keys import KEY_PREFIX
from app.access.oidc import Provider
from app.access.sign_in import user_of_api_key, user_of_token
from app.api.limits import Buckets
from app.api.problems import TooMany
from app.blobs.storage import Blobs
from app.domain import User
from app.errors import NotSignedIn
from app.review_queue.desk import Desk
from app.settings import Settings

_bearer = HTTPBearer(
    auto_error=False,
    bearerFormat="API key or JWT",
    description="`Authorization: Bearer ll_...`, an API key (`loanlens api-keys make`), or a token of your identity provider.",
)


@dataclass(frozen=True, slots=True)
class Place:
    """What the API stands on: the database, stored files, settings, the identity provider, if any, and who called how often."""

    database: Engine
    blobs: Blobs
    settings: Settings
    provider: Provider | None
    rates: Buckets
    refusals: Buckets


@dataclass(frozen=True, slots=True)
class Call:
    """A request by somebody who is known."""

    user: User
    place: Place

    @property
    def desk(self) -> Desk:
        """Return the desk at which the caller sits."""
        return Desk(self.user, self.place.blobs, self.place.settings)

    @contextmanager
    def acting(self) -> Iterator[Connection]:
        """Do something in one transaction."""
        with self.place.database.begin() as connection:
            yield connection


def called(request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Call:
    """Return who calls. Raise NotSignedIn, or TooMany for who calls too often or was refused too often."""
    place: Place = request.app.state.place
    try:
        user = _user(place, credentials)
    except NotSignedIn:
        if wait := place.refusals.wait(request.client.host if request.client else "-"):
            raise TooMany(wait) from None
        raise
    request.state.lender_id = user.lender_id
    if wait := place.rates.wait((user.lender_id, user.id)):
        raise TooMany(wait)
    return Call(user, place)


def _user(place: Place, credentials: HTTPAuthorizationCredentials | None) -> User:
    if credentials is None:
        raise NotSignedIn("Send an API key or a token of your identity provider: Authorization: Bearer ...")
    token = credentials.credentials
    if token.startswith(KEY_PREFIX):
        return user_of_api_key(place.database, token)
    if place.provider is None:
        raise NotSignedIn("This is no API key, and no identity provider is set up here: make a key with `loanlens api-keys make`.")
    return user_of_token(place.database, place.provider, token)


Caller = Annotated[Call, Depends(called)]
