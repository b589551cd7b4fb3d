"""Sign-in by the lender's own identity provider (OpenID Connect): a signed token's claims become a user with roles.

Only asymmetric signatures by the provider's published keys count; algorithms, issuer and audience are settings, never the token's choice.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import jwt

from app.access.roles import PERSON_ROLES
from app.domain import Role, User
from app.errors import NotSignedIn, SetupError
from app.settings import Settings

#: Signature algorithms that a setting may name: all with a public key. An HMAC key would have to be shared with the provider.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_REQUIRED = ["exp", "iat", "iss", "aud", "sub"]
_FETCH_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Provider:
    """An identity provider, and how its claims are read. `roles` maps a value of the claim `roles_claim` to a role."""

    issuer: str
    audience: str
    keys: "jwt.PyJWKClient | jwt.PyJWKSet"
    algorithms: tuple[str, ...]
    leeway: float
    roles_claim: str
    roles: Mapping[str, Role]
    lender_claim: str
    lender_id: str


def open_provider(settings: Settings) -> Provider | None:
    """Return the identity provider of these settings, or None where none is set. Raise SetupError for a faulty setting."""
    if not settings.oidc_issuer:
        return None
    if not settings.oidc_audience or not settings.oidc_keys:
        raise SetupError("LOANLENS_OIDC_ISSUER is set: set LOANLENS_OIDC_AUDIENCE and LOANLENS_OIDC_KEYS too.")
    algorithms = tuple(settings.oidc_algorithms.replace(",", " ").split())
    if not algorithms or not set(algorithms) <= set(ALGORITHMS):
        raise SetupError(f"LOANLENS_OIDC_ALGORITHMS is {settings.oidc_algorithms!r}: name one or more of {', '.join(ALGORITHMS)}.")
    return Provider(
        settings.oidc_issuer,
        settings.oidc_audience,
        _keys(settings.oidc_keys),
        algorithms,
        settings.oidc_leeway_seconds,
        settings.oidc_roles_claim,
        _role_map(settings.oidc_roles),
        settings.oidc_lender_claim,
        settings.lender_id,
    )


def user_of(token: str, provider: Provider) -> User:
    """Return the user that a token speaks for. Raise NotSignedIn where it is not valid now, or its claims give no role."""
    try:
        claims = jwt.decode(
            token,
            _signing_key(token, provider),
            algorithms=list(provider.algorithms),
            audience=provider.audience,
            issuer=provider.issuer,
            leeway=provider.leeway,
            options={"require": _REQUIRED},
        )
    except jwt.PyJWKClientConnectionError as error:
        raise SetupError(f"The identity provider's keys cannot be fetched: {error}. Is LOANLENS_OIDC_KEYS right?") from error
    except jwt.PyJWTError as error:
        raise NotSignedIn(f"The token does not hold: {error}") from error
    values = claims.get(provider.roles_claim)
    given = {values} if isinstance(values, str) else set(values) if isinstance(values, list) else set()
    roles = frozenset(role for value, role in provider.roles.items() if value in given)
    lender_id = claims.get(provider.lender_claim) if provider.lender_claim else provider.lender_id
    if not roles or not isinstance(lender_id, str) or not lender_id:
        raise NotSignedIn(f"The token of {claims['sub']} names no role or lender that LOANLENS_OIDC_ROLES knows.")
    return User(f"oidc:{claims['sub']}", lender_id, roles)


def _signing_key(token: str, provider: Provider) -> jwt.PyJWK:
    """Return the provider's key that the token says it is signed with; only a key meant for signatures, of an allowed algorithm."""
    if isinstance(provider.keys, jwt.PyJWKClient):
        key = provider.keys.get_signing_key_from_jwt(token)
    else:
        id = jwt.get_unverified_header(token).get("kid")
        fitting = [key for key in provider.keys if key.public_key_use in (None, "sig") and id in (None, key.key_id)]
        if len(fitting) != 1:
            raise jwt.InvalidKeyError("it is signed with no known key")
        (key,) = fitting
    if key.algorithm_name not in provider.algorithms:
        raise jwt.InvalidKeyError(f"its key is for {key.algorithm_name}")
    return key


def _keys(place: str) -> "jwt.PyJWKClient | jwt.PyJWKSet":
    """Return the keys at an https address, fetched when needed, or in a file."""
    if place.startswith("https://"):
        return jwt.PyJWKClient(place, timeout=_FETCH_SECONDS)
    if "://" in place:
        raise SetupError(f"LOANLENS_OIDC_KEYS {place} must be an https:// address or a file.")
    try:
        return jwt.PyJWKSet.from_json(Path(place).read_text(encoding="utf-8"))
    except (OSError, ValueError, jwt.PyJWTError) as error:
        raise SetupError(f"LOANLENS_OIDC_KEYS {place} holds no key set (JWKS): {error}.") from error


def _role_map(text: str) -> dict[str, Role]:
    """Read `{"group of the provider": "role"}`."""
    try:
        roles = {str(value): Role(role) for value, role in json.loads(text).items()}
    except (ValueError, AttributeError) as error:
        raise SetupError(f'LOANLENS_OIDC_ROLES must be like {{"credit-analysts": "analyst"}}: {error}.') from error
    if unfit := set(roles.values()) - set(PERSON_ROLES):
        raise SetupError(f"LOANLENS_OIDC_ROLES gives {', '.join(sorted(unfit))}, which no account may have.")
    return roles
