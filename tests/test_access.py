"""Accounts, sign-in, sessions and API keys on a real PostgreSQL."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from app import audit
from app.access import accounts, api_keys, passwords, sign_in
from app.access.accounts import NewAccount
from app.access.api_keys import MadeApiKey, NewApiKey
from app.access.roles import PERMISSIONS, PERSON_ROLES, Act, allow, approval, machine
from app.domain import Role, User
from app.errors import Forbidden, NotSignedIn, UsageError
from app.settings import PROJECT, Settings

ADMIN = User("root", "first", frozenset({Role.ADMINISTRATOR}))
FIRST, SECOND = "correct horse battery", "another staple entirely"
HASH = passwords.hashed(SECOND)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, lender_id="first", sign_in_failures=3)


@pytest.fixture
def ann(database: Engine) -> str:
    """Add the analyst `ann`, whose password is SECOND, and return her login."""
    with database.begin() as connection:
        new = NewAccount("ann", "Ann", frozenset({Role.ANALYST}), approval_limit=Decimal(50_000))
        accounts.add_account(connection, ADMIN, "first", new)
        connection.execute(text("UPDATE users SET password_hash = :hash, password_set_at = now()"), {"hash": HASH})
    return "ann"


def change(database: Engine, assignment: str, table: str = "users") -> None:
    """Change rows as time or another program would."""
    with database.begin() as connection:
        connection.execute(text(f"UPDATE {table} SET {assignment}"))  # noqa: S608


def acts(database: Engine) -> list[str]:
    with database.connect() as connection:
        return list(connection.execute(text("SELECT action FROM audit_entries ORDER BY number")).scalars())


def managed(database: Engine, act: Callable[..., object], *arguments: object) -> None:
    with database.begin() as connection:
        act(connection, ADMIN, "first", *arguments)


# -- the table ---------------------------------------------------------------------------------------------------------


def test_every_act_stands_in_the_table() -> None:
    assert set(PERMISSIONS) == set(Act)
    assert all(roles for _, roles in PERMISSIONS.values())


def test_an_auditor_changes_nothing() -> None:
    held = {act for act, (_, roles) in PERMISSIONS.items() if Role.AUDITOR in roles}
    assert held == {Act.READ_APPLICATION, Act.READ_MEASURES, Act.READ_AUDIT, Act.READ_ACCOUNTS, Act.USE_API_KEYS}


def test_group_data_are_for_the_model_owner_and_the_fairness_job_only() -> None:
    assert PERMISSIONS[Act.READ_GROUP_DATA][1] == {Role.MODEL_OWNER, Role.FAIRNESS_JOB}


def test_only_a_person_decides_and_only_the_machine_clears() -> None:
    machines = {Role.WORKER, Role.FAIRNESS_JOB}
    for act in (Act.DECIDE_APPLICATION, Act.APPROVE_WITHIN_LIMIT, Act.APPROVE_ABOVE_LIMIT, Act.APPROVE_EXCEPTION, Act.PROMOTE_MODEL):
        assert not PERMISSIONS[act][1] & machines
    assert PERMISSIONS[Act.CLEAR_APPLICATION][1] == {Role.WORKER}


@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize("role", Role)
def test_the_table_alone_decides(act: Act, role: Role) -> None:
    user = User("u", "first", frozenset({role}))
    if role in PERMISSIONS[act][1]:
        allow(user, act, "first")
    else:
        with pytest.raises(Forbidden):
            allow(user, act, "first")
    with pytest.raises(Forbidden):
        allow(user, act, "other")


def test_without_a_role_nothing_is_allowed() -> None:
    for act in Act:
        with pytest.raises(Forbidden):
            allow(User("u", "first", frozenset()), act, "first")


def test_scopes_narrow_and_never_widen() -> None:
    user = User("u", "first", frozenset({Role.ANALYST}), scopes=frozenset({Act.READ_APPLICATION, Act.MANAGE_ACCOUNTS}))
    allow(user, Act.READ_APPLICATION, "first")
    for act in (Act.SUBMIT_APPLICATION, Act.MANAGE_ACCOUNTS):
        with pytest.raises(Forbidden):
            allow(user, act, "first")


@pytest.mark.parametrize(
    ("exposure", "act"),
    [
        (Decimal(50_000), Act.APPROVE_WITHIN_LIMIT),
        (Decimal("50000.01"), Act.APPROVE_ABOVE_LIMIT),
        (Decimal(0), Act.APPROVE_WITHIN_LIMIT),
        (None, Act.APPROVE_ABOVE_LIMIT),
    ],
)
def test_approving_above_the_own_limit_of_total_exposure_is_another_act(exposure: Decimal | None, act: Act) -> None:
    assert approval(User("u", "first", frozenset({Role.ANALYST}), Decimal(50_000)), exposure) is act


def test_a_machine_has_no_persons_role() -> None:
    assert machine(Role.WORKER, "first").roles == {Role.WORKER}
    for role in PERSON_ROLES:
        with pytest.raises(ValueError, match="person"):
            machine(role, "first")


def test_the_operators_guide_holds_the_table() -> None:
    heads = [role.replace("_", " ") for role in Role]
    rows = ["| what | " + " | ".join(heads) + " |", "| --- |" + " :-: |" * len(heads)]
    for words, roles in PERMISSIONS.values():
        rows.append(f"| {words} | " + " | ".join("yes" if role in roles else "" for role in Role) + " |")
    table = "\n".join(rows)
    assert table in (PROJECT / "docs" / "operator.md").read_text(encoding="utf-8"), "docs/operator.md must hold this table:\n" + table


# -- accounts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("password", ["", "short", "aaaaaaaaaaaaaaaa", "ann likes horses", "x" * 257])
def test_a_weak_password_is_refused_with_a_reason(password: str) -> None:
    with pytest.raises(UsageError, match="password"):
        passwords.check(password, "ann")


def test_a_password_is_kept_as_an_argon2id_hash(database: Engine, ann: str) -> None:
    del ann
    with database.connect() as connection:
        kept = connection.execute(text("SELECT password_hash FROM users")).scalar_one()
    assert kept.startswith("$argon2id$")
    assert passwords.fits(SECOND, kept)
    assert not passwords.fits(FIRST, kept)
    assert not passwords.fits("nobody's password", None)
    assert not passwords.fits("x", "no hash")


def test_a_login_is_given_once_per_lender(database: Engine, ann: str) -> None:
    with pytest.raises(UsageError, match="another login"):
        managed(database, accounts.add_account, NewAccount(ann, "Ann Two", frozenset({Role.ANALYST})))
    other = User("root", "other", frozenset({Role.ADMINISTRATOR}))
    with database.begin() as connection:
        accounts.add_account(connection, other, "other", NewAccount(ann, "Ann Elsewhere", frozenset({Role.ANALYST})))
        assert [a.login for a in accounts.list_accounts(connection, other, "other")] == ["ann"]


def test_a_login_that_misleads_is_refused(database: Engine) -> None:
    for login in ("", " ann", "a\nb", "oidc:ann", "x" * 101):
        with pytest.raises(UsageError, match="no login"):
            managed(database, accounts.add_account, NewAccount(login, "Ann", frozenset({Role.ANALYST})))


def test_an_account_has_a_persons_role(database: Engine) -> None:
    for roles in (frozenset[Role](), frozenset({Role.WORKER}), frozenset({Role.ANALYST, Role.FAIRNESS_JOB})):
        with pytest.raises(UsageError, match="roles"):
            managed(database, accounts.add_account, NewAccount("ann", "Ann", roles))


def test_a_limit_that_is_no_amount_is_refused(database: Engine, ann: str) -> None:
    for limit in (Decimal(-1), Decimal("NaN"), Decimal("Infinity")):
        with pytest.raises(UsageError, match="limit"):
            managed(database, accounts.set_approval_limit, ann, limit)


def test_what_is_not_there_is_told(database: Engine) -> None:
    for act, *rest in ((accounts.lock_account,), (accounts.unlock_account,), (accounts.set_password, FIRST)):
        with pytest.raises(UsageError, match="no account nobody"):
            managed(database, act, "nobody", *rest)


def test_every_change_of_an_account_stands_in_the_trail_without_secrets(database: Engine, ann: str) -> None:
    for act, *rest in (
        (accounts.set_roles, frozenset({Role.CREDIT_OFFICER})),
        (accounts.set_approval_limit, Decimal(90_000)),
        (accounts.lock_account,),
        (accounts.unlock_account,),
        (accounts.set_password, "yet another password"),
    ):
        managed(database, act, ann, *rest)
    told = ["add_account", "set_roles", "set_approval_limit", "lock_account", "unlock_account", "set_password"]
    assert acts(database) == told
    with database.connect() as connection:
        words = " ".join(connection.execute(text("SELECT detail::text FROM audit_entries")).scalars())
        assert audit.verify(connection, User("a", "first", frozenset({Role.AUDITOR})), "first").faults == ()
    assert not any(secret in words for secret in (FIRST, SECOND, "argon2"))


# -- signing in --------------------------------------------------------------------------------------------------------


def test_a_session_gives_the_user_with_the_roles_held_now(database: Engine, settings: Settings, ann: str) -> None:
    session = sign_in.sign_in(database, settings, ann, SECOND)
    user = sign_in.user_of_session(database, settings, session.token)
    assert user == session.user == User("ann", "first", frozenset({Role.ANALYST}), Decimal(50_000))
    managed(database, accounts.set_roles, ann, frozenset({Role.CREDIT_OFFICER}))
    assert sign_in.user_of_session(database, settings, session.token).roles == {Role.CREDIT_OFFICER}
    sign_in.sign_out(database, session.token)
    with pytest.raises(NotSignedIn):
        sign_in.user_of_session(database, settings, session.token)


def test_a_session_is_kept_as_a_hash(database: Engine, settings: Settings, ann: str) -> None:
    token = sign_in.sign_in(database, settings, ann, SECOND).token
    with database.connect() as connection:
        kept = bytes(connection.execute(text("SELECT token_hash FROM sessions")).scalar_one())
    assert token.encode() not in kept
    assert len(kept) == 32


def test_who_is_unknown_wrong_or_locked_is_told_the_same(database: Engine, settings: Settings, ann: str) -> None:
    said = set()
    for login, password in (("nobody", SECOND), (ann, FIRST), (ann, ""), ("", ""), (ann, FIRST), (ann, SECOND)):
        with pytest.raises(NotSignedIn) as refused:
            sign_in.sign_in(database, settings, login, password)
        said.add(str(refused.value))
    assert len(said) == 1


def test_a_first_password_must_be_changed(database: Engine, settings: Settings) -> None:
    managed(database, accounts.add_account, NewAccount("bob", "Bob", frozenset({Role.AUDITOR}), FIRST))
    with pytest.raises(NotSignedIn, match="change it"):
        sign_in.sign_in(database, settings, "bob", FIRST)
    with pytest.raises(UsageError, match="old one"):
        sign_in.change_password(database, settings, "bob", FIRST, FIRST)
    with pytest.raises(NotSignedIn):
        sign_in.change_password(database, settings, "bob", SECOND, FIRST)
    sign_in.change_password(database, settings, "bob", FIRST, SECOND)
    assert sign_in.sign_in(database, settings, "bob", SECOND).user.roles == {Role.AUDITOR}


def test_an_old_password_must_be_changed(database: Engine, settings: Settings, ann: str) -> None:
    ageing = settings.model_copy(update={"password_days": 90})
    change(database, "password_set_at = now() - interval '89 days'")
    assert sign_in.sign_in(database, ageing, ann, SECOND).user.id == ann
    change(database, "password_set_at = now() - interval '90 days'")
    with pytest.raises(NotSignedIn, match="change it"):
        sign_in.sign_in(database, ageing, ann, SECOND)
    assert sign_in.sign_in(database, settings, ann, SECOND).user.id == ann


def test_wrong_passwords_lock_an_account_for_a_while(database: Engine, settings: Settings, ann: str) -> None:
    for _ in range(settings.sign_in_failures):
        with pytest.raises(NotSignedIn):
            sign_in.sign_in(database, settings, ann, FIRST)
    with pytest.raises(NotSignedIn):
        sign_in.sign_in(database, settings, ann, SECOND)
    assert acts(database)[-1] == "lock_out"
    change(database, "locked_until = now() - interval '1 second'")
    assert sign_in.sign_in(database, settings, ann, SECOND).user.id == ann


def test_wrong_passwords_long_apart_or_before_a_right_one_do_not_lock(database: Engine, settings: Settings, ann: str) -> None:
    for again in (lambda: change(database, "failing_since = now() - interval '16 minutes'"), lambda: sign_in.sign_in(database, settings, ann, SECOND)):  # noqa: E501
        for _ in range(2):
            with pytest.raises(NotSignedIn):
                sign_in.sign_in(database, settings, ann, FIRST)
        again()
    assert sign_in.sign_in(database, settings, ann, SECOND).user.id == ann


def test_an_administrator_unlocks(database: Engine, settings: Settings, ann: str) -> None:
    change(database, "locked_until = now() + interval '1 hour'")
    managed(database, accounts.lock_account, ann)
    with pytest.raises(NotSignedIn):
        sign_in.sign_in(database, settings, ann, SECOND)
    managed(database, accounts.unlock_account, ann)
    assert sign_in.sign_in(database, settings, ann, SECOND).user.id == ann


def test_a_closed_account_ends_sessions_keys_and_sign_in(database: Engine, settings: Settings, ann: str) -> None:
    token, key = sign_in.sign_in(database, settings, ann, SECOND).token, made(database, ann)
    for assignment in ("disabled_at = now()", "disabled_at = NULL, expires_at = now() - interval '1 second'"):
        change(database, assignment)
        for entry in (
            lambda: sign_in.sign_in(database, settings, ann, SECOND),
            lambda: sign_in.user_of_session(database, settings, token),
            lambda: sign_in.user_of_api_key(database, key.text),
        ):
            with pytest.raises(NotSignedIn):
                entry()


def test_a_session_ends_by_age_and_by_idleness(database: Engine, settings: Settings, ann: str) -> None:
    token = sign_in.sign_in(database, settings, ann, SECOND).token
    for assignment in ("created_at = now() - interval '12 hours'", "created_at = now(), last_used_at = now() - interval '30 minutes'"):
        change(database, assignment, "sessions")
        with pytest.raises(NotSignedIn):
            sign_in.user_of_session(database, settings, token)
    change(database, "last_used_at = now()", "sessions")
    assert sign_in.user_of_session(database, settings, token).id == ann


def test_using_a_session_keeps_it_alive(database: Engine, settings: Settings, ann: str) -> None:
    token = sign_in.sign_in(database, settings, ann, SECOND).token
    change(database, "last_used_at = now() - interval '20 minutes'", "sessions")
    sign_in.user_of_session(database, settings, token)
    with database.connect() as connection:
        assert connection.execute(text("SELECT now() - last_used_at < interval '1 minute' FROM sessions")).scalar_one()


@pytest.mark.parametrize("how", ["changed", "set", "locked"])
def test_a_new_password_or_a_lock_ends_all_sessions(database: Engine, settings: Settings, ann: str, how: str) -> None:
    token = sign_in.sign_in(database, settings, ann, SECOND).token
    if how == "changed":
        sign_in.change_password(database, settings, ann, SECOND, FIRST)
    elif how == "set":
        managed(database, accounts.set_password, ann, FIRST)
    else:
        managed(database, accounts.lock_account, ann)
        managed(database, accounts.unlock_account, ann)
    with pytest.raises(NotSignedIn):
        sign_in.user_of_session(database, settings, token)


def test_what_is_no_token_or_key_is_refused(database: Engine, settings: Settings) -> None:
    for token in ("", "x", "\ud800", "'; DROP TABLE users; --", "x" * 10_000):
        with pytest.raises(NotSignedIn):
            sign_in.user_of_session(database, settings, token)
        with pytest.raises(NotSignedIn):
            sign_in.user_of_api_key(database, token)


# -- API keys ----------------------------------------------------------------------------------------------------------

SCOPES = frozenset({Act.SUBMIT_APPLICATION.value, Act.READ_APPLICATION.value})


def made(database: Engine, login: str, scopes: frozenset[str] = SCOPES, days: int = 30) -> MadeApiKey:
    with database.begin() as connection:
        return api_keys.make_api_key(connection, ADMIN, "first", NewApiKey(login, "core banking", scopes, days))


def test_an_api_key_speaks_for_its_account_within_its_scopes(database: Engine, ann: str) -> None:
    key = made(database, ann)
    user = sign_in.user_of_api_key(database, key.text)
    assert (user.id, user.lender_id, user.scopes) == ("ann", "first", SCOPES)
    allow(user, Act.READ_APPLICATION, "first")
    with pytest.raises(Forbidden):
        allow(user, Act.REVIEW_APPLICATION, "first")


def test_an_api_key_is_kept_as_a_hash_with_its_last_use(database: Engine, ann: str) -> None:
    key = made(database, ann)
    with database.begin() as connection:
        rows = str(connection.execute(text("SELECT * FROM api_keys, audit_entries")).all())
        (listed,) = api_keys.list_api_keys(connection, ADMIN, "first")
    assert key.text not in rows
    assert key.text.startswith(listed.prefix)
    assert listed.last_used_at is None
    sign_in.user_of_api_key(database, key.text)
    with database.begin() as connection:
        (listed,) = api_keys.list_api_keys(connection, ADMIN, "first")
    assert listed.last_used_at is not None
    assert datetime.now(UTC) - listed.last_used_at < timedelta(minutes=1)


@pytest.mark.parametrize("assignment", ["revoked_at = now()", "expires_at = now()"])
def test_an_api_key_ends(database: Engine, ann: str, assignment: str) -> None:
    key = made(database, ann)
    change(database, assignment, "api_keys")
    with pytest.raises(NotSignedIn):
        sign_in.user_of_api_key(database, key.text)
    with pytest.raises(UsageError, match="holds no longer"):
        managed(database, api_keys.rotate_api_key, key.key.id, 30)


def test_a_rotated_key_leaves_a_day_to_change_over(database: Engine, ann: str) -> None:
    old = made(database, ann)
    with database.begin() as connection:
        new = api_keys.rotate_api_key(connection, User(ann, "first", frozenset({Role.ANALYST})), "first", old.key.id, 30)
    assert sign_in.user_of_api_key(database, old.text).scopes == sign_in.user_of_api_key(database, new.text).scopes == SCOPES
    with database.connect() as connection:
        left = connection.execute(text("SELECT expires_at - now() FROM api_keys WHERE id = :id"), {"id": old.key.id}).scalar_one()
    assert timedelta(hours=23) < left < timedelta(hours=25)


def test_a_key_reaches_no_further_than_its_account(database: Engine, ann: str) -> None:
    for scopes in (frozenset[str](), frozenset({"promote_model"}), SCOPES | {"manage_accounts"}, frozenset({"everything"})):
        with pytest.raises(UsageError, match="reaches to"):
            made(database, ann, scopes)


def test_a_key_makes_no_key_that_reaches_further(database: Engine, ann: str) -> None:
    held = frozenset({Act.USE_API_KEYS.value, Act.READ_APPLICATION.value})
    user = sign_in.user_of_api_key(database, made(database, ann, held).text)
    with database.begin() as connection, pytest.raises(UsageError, match="reaches to"):
        api_keys.make_api_key(connection, user, "first", NewApiKey(ann, "wider", SCOPES, 30))


def test_a_key_has_a_name_and_an_end(database: Engine, ann: str) -> None:
    for name, days in (("", 30), (" ", 30), ("x", 0), ("x", 731)):
        with database.begin() as connection, pytest.raises(UsageError, match="730"):
            api_keys.make_api_key(connection, ADMIN, "first", NewApiKey(ann, name, SCOPES, days))


def test_anothers_key_is_out_of_reach(database: Engine, ann: str) -> None:
    key = made(database, ann)
    eve = User("eve", "first", frozenset({Role.ANALYST}))
    with database.begin() as connection:
        for act, rest in ((api_keys.revoke_api_key, ()), (api_keys.rotate_api_key, (30,))):
            with pytest.raises(Forbidden):
                act(connection, eve, "first", key.key.id, *rest)
        with pytest.raises(Forbidden):
            api_keys.revoke_api_key(connection, eve, "first", key.key.id + 99)
        with pytest.raises(UsageError):
            api_keys.revoke_api_key(connection, ADMIN, "first", key.key.id + 99)
        api_keys.revoke_api_key(connection, ADMIN, "first", key.key.id)
    with pytest.raises(NotSignedIn):
        sign_in.user_of_api_key(database, key.text)


def test_an_unknown_scope_is_told() -> None:
    assert api_keys.scopes_of(["read_application"]) == {"read_application"}
    with pytest.raises(UsageError, match="no scope everything"):
        api_keys.scopes_of(["everything"])
