"""Tokens of an identity provider: only what it signed, for us, now, with an allowed algorithm, becomes a user."""

import base64
import hmac
import json
import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from sqlalchemy import Engine

from app.access.accounts import lock_account
from app.access.oidc import Provider, open_provider, user_of
from app.access.sign_in import sign_in_by_token, user_of_session
from app.domain import Role, User
from app.errors import NotSignedIn, SetupError
from app.settings import Settings

RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
ROLES = json.dumps({"credit-analysts": "analyst", "officers": "credit_officer"})


def jwk(id: str, text: str, **more: str) -> dict[str, Any]:
    return {**json.loads(text), "kid": id, "use": "sig", **more}


@pytest.fixture
def options(tmp_path: Path) -> dict[str, Any]:
    keys = [jwk("one", RSAAlgorithm.to_jwk(RSA_KEY.public_key())), jwk("two", ECAlgorithm.to_jwk(EC_KEY.public_key()))]
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": keys}), encoding="utf-8")
    return {
        "oidc_issuer": "https://id.example",
        "oidc_audience": "loanlens",
        "oidc_keys": str(tmp_path / "jwks.json"),
        "oidc_roles": ROLES,
        "data_dir": tmp_path,
        "lender_id": "acme",
    }


def provider(options: dict[str, Any], **changed: Any) -> Provider:
    found = open_provider(Settings(**{**options, **changed}))
    assert found
    return found


def claims(**changed: Any) -> dict[str, Any]:
    now = int(time.time())
    times = {"iat": now, "exp": now + 300}
    each = {"iss": "https://id.example", "aud": "loanlens", "sub": "ann", **times, "groups": ["credit-analysts", "others"]}
    return {name: value for name, value in {**each, **changed}.items() if value is not None}


def token(key: Any = RSA_KEY, algorithm: str = "RS256", kid: str | None = "one", **changed: Any) -> str:
    return jwt.encode(claims(**changed), key, algorithm=algorithm, headers={"kid": kid} if kid else {})


def test_a_token_gives_the_roles_that_its_claims_map_to(options: dict[str, Any]) -> None:
    user = user_of(token(), provider(options))
    assert (user.id, user.lender_id, user.roles) == ("oidc:ann", "acme", frozenset({Role.ANALYST}))
    both = user_of(token(EC_KEY, "ES256", "two", groups=["credit-analysts", "officers"]), provider(options))
    assert both.roles == {Role.ANALYST, Role.CREDIT_OFFICER}


def test_a_claim_may_name_the_lender(options: dict[str, Any]) -> None:
    named = provider(options, oidc_lender_claim="org")
    assert user_of(token(org="borealis"), named).lender_id == "borealis"
    with pytest.raises(NotSignedIn):
        user_of(token(), named)


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": int(time.time()) - 100},
        {"nbf": int(time.time()) + 20_000},
        {"iat": int(time.time()) + 20_000},
        {"iss": "https://other.example"},
        {"aud": "another-program"},
        {"aud": None},
        {"sub": None},
        {"exp": None},
        {"iat": None},
        {"groups": []},
        {"groups": ["others"]},
        {"groups": None},
        {"groups": {"credit-analysts": True}},
        {"groups": "credit-analysts-of-elsewhere"},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_us_now_is_refused(options: dict[str, Any], changed: dict[str, Any]) -> None:
    with pytest.raises(NotSignedIn):
        user_of(token(**changed), provider(options))


def test_clocks_may_be_off_by_the_leeway_and_no_more(options: dict[str, Any]) -> None:
    late = token(exp=int(time.time()) - 30)
    assert user_of(late, provider(options)).id == "oidc:ann"
    with pytest.raises(NotSignedIn):
        user_of(late, provider(options, oidc_leeway_seconds=10))


def test_a_token_signed_by_another_key_is_refused(options: dict[str, Any]) -> None:
    stranger = rsa.generate_private_key(65537, 2048)
    for kid in ("one", "three", None):
        with pytest.raises(NotSignedIn):
            user_of(token(stranger, kid=kid), provider(options))


def test_an_unsigned_token_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(NotSignedIn):
        user_of(jwt.encode(claims(), "", algorithm="none", headers={"kid": "one"}), provider(options))


def test_a_token_that_uses_the_public_key_as_a_shared_secret_is_refused(options: dict[str, Any]) -> None:
    def part(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()



    public = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = part(b'{"alg":"HS256","kid":"one"}') + "." + part(json.dumps(claims()).encode())
    forged = signed + "." + part(hmac.digest(public, signed.encode(), "sha256"))
    with pytest.raises(NotSignedIn):
        user_of(forged, provider(options))


def test_an_algorithm_that_is_not_set_is_refused(options: dict[str, Any]) -> None:
    for algorithm, key, kid in (("PS256", RSA_KEY, "one"), ("RS512", RSA_KEY, "one"), ("RS256", RSA_KEY, "one")):
        with pytest.raises(NotSignedIn):
            user_of(token(key, algorithm, kid), provider(options, oidc_algorithms="ES256"))


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "é.é.é", "." * 5000])
def test_what_is_no_token_is_refused(options: dict[str, Any], text: str) -> None:
    with pytest.raises(NotSignedIn):
        user_of(text, provider(options))


def test_without_an_issuer_there_is_no_provider(tmp_path: Path) -> None:
    assert open_provider(Settings(data_dir=tmp_path)) is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"oidc_audience": ""}, "OIDC_AUDIENCE"),
        ({"oidc_keys": ""}, "OIDC_KEYS"),
        ({"oidc_keys": "/nowhere/jwks.json"}, "OIDC_KEYS"),
        ({"oidc_keys": "http://id.example/jwks"}, "https"),
        ({"oidc_algorithms": "HS256"}, "OIDC_ALGORITHMS"),
        ({"oidc_algorithms": "none"}, "OIDC_ALGORITHMS"),
        ({"oidc_algorithms": " "}, "OIDC_ALGORITHMS"),
        ({"oidc_roles": "analyst"}, "OIDC_ROLES"),
        ({"oidc_roles": '{"x": "king"}'}, "OIDC_ROLES"),
        ({"oidc_roles": '{"x": "worker"}'}, "no account"),
    ],
    ids=str,
)
def test_a_faulty_setting_says_which(options: dict[str, Any], changed: dict[str, Any], said: str) -> None:
    with pytest.raises(SetupError, match=said):
        provider(options, **changed)


def test_a_token_begins_a_session_with_the_roles_of_its_claims(options: dict[str, Any], database: Engine) -> None:
    options["lender_id"] = "first"
    settings = Settings(**options)
    session = sign_in_by_token(database, provider(options), token())
    assert session.user == User("oidc:ann", "first", frozenset({Role.ANALYST}))
    again = sign_in_by_token(database, provider(options), token(groups=["officers"]))
    assert user_of_session(database, settings, session.token).roles == again.user.roles == {Role.CREDIT_OFFICER}
    with database.begin() as connection:
        lock_account(connection, User("root", "first", frozenset({Role.ADMINISTRATOR})), "first", "oidc:ann")
    with pytest.raises(NotSignedIn):
        sign_in_by_token(database, provider(options), token())
    with pytest.raises(NotSignedIn, match="not known"):
        sign_in_by_token(database, provider(options, lender_id="unknown"), token())
