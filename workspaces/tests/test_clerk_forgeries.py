"""No forged token opens anything: neither the verifier nor any door."""

import time
from dataclasses import replace

import jwt
import pytest

from automatos.clerk_settings import ClerkSettings
from workspaces.clerk.tokens import BadToken, Organisation, verify
from workspaces.tests.clerk_forgeries import forgeries
from workspaces.tests.clerk_kit import Instance, Json, instance, pem

__all__ = ["instance"]


@pytest.fixture(params=["jwks", "pem"])
def clerk(request: pytest.FixtureRequest, instance: Instance) -> ClerkSettings:
    """The same instance, its keys fetched or given."""
    given = instance.settings
    return given if request.param == "jwks" else replace(given, jwks_url="", jwt_key=pem(instance.key))


def test_no_forgery_is_accepted(instance: Instance, clerk: ClerkSettings) -> None:
    accepted, tried = [], forgeries(instance)
    for name, token in tried.items():
        try:
            verify(token, clerk)
        except BadToken as refusal:
            sentence = str(refusal)
            assert sentence.endswith("."), name
            assert len(sentence) < 160, name
        else:
            accepted.append(name)
    if clerk.jwt_key:
        # A PEM carries no id: whatever a token calls the one key, our signature under it is true.
        accepted = [name for name in accepted if not name.startswith("unknown kid ")]
    print(f"\n{len(tried)} forgeries, {len(accepted)} accepted, {instance.jwks.fetches} key fetches")
    assert len(tried) >= 60
    assert accepted == []
    assert instance.jwks.fetches <= 5


def test_a_good_token_is_accepted(instance: Instance, clerk: ClerkSettings) -> None:
    claims = verify(instance.token("user_ada"), clerk)
    assert (claims.sub, claims.sid, claims.organisation) == ("user_ada", "sess_2aBcD", None)


def test_clocks_may_differ_by_five_seconds(instance: Instance, clerk: ClerkSettings) -> None:
    now = int(time.time())
    assert verify(instance.token(exp=now - 3), clerk)
    assert verify(instance.token(nbf=now + 3, iat=now + 3), clerk)


@pytest.mark.parametrize("headers", [{"typ": None}, {"typ": "jwt"}, {"cat": None}, {"something": "new"}])
def test_headers_without_meaning_do_not_matter(
    instance: Instance, clerk: ClerkSettings, headers: dict[str, str | None]
) -> None:
    assert verify(instance.token(headers=headers), clerk)


def test_both_forms_of_the_organisation_are_read(instance: Instance, clerk: ClerkSettings) -> None:
    expected = Organisation(id="org_1", slug="acme", role="admin")
    second = {"id": "org_1", "slg": "acme", "rol": "admin", "per": "read,manage", "fpm": "3,1"}
    assert verify(instance.token(o=second, fea="o:articles"), clerk).organisation == expected
    first: Json = {"org_id": "org_1", "org_slug": "acme", "org_role": "org:admin", "org_permissions": ["org:a:read"]}
    assert verify(instance.token(v=None, **first), clerk).organisation == expected


def test_an_audience_is_asked_for_when_one_is_set(instance: Instance, clerk: ClerkSettings) -> None:
    ours = replace(clerk, audience=("automatos",))
    assert verify(instance.token(aud="automatos"), ours)
    assert verify(instance.token(aud=["other", "automatos"]), ours)
    for aud in (None, "other", ["other"], [], "", 1, {"automatos": 1}, ["automatos", 1]):
        with pytest.raises(BadToken):
            verify(instance.token(aud=aud), ours)


def test_the_size_is_judged_before_anything_else(instance: Instance, clerk: ClerkSettings) -> None:
    started = time.perf_counter()
    with pytest.raises(BadToken, match="longer"):
        verify("a." * 5_000_000, clerk)
    assert time.perf_counter() - started < 1


def test_an_email_counts_only_when_the_token_says_it_was_verified(instance: Instance, clerk: ClerkSettings) -> None:
    assert verify(instance.token(email="ada@example.org"), clerk).email == ""
    assert verify(instance.token(email="ada@example.org", email_verified="true"), clerk).email == ""
    assert verify(instance.token(email="ada@example.org", email_verified=True), clerk).email == "ada@example.org"


def test_without_the_checks_the_forgeries_would_get_in(instance: Instance) -> None:
    """The list has teeth: a verifier that only looks at the signature takes a good part of it."""
    loose = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_sub": False, "verify_jti": False}
    taken = 0
    for token in forgeries(instance).values():
        try:
            jwt.decode(token, instance.key.public_key(), algorithms=["RS256", "none"], options={**loose})  # type: ignore[arg-type]
            taken += 1
        except (jwt.PyJWTError, ValueError):
            continue
    print(f"\na verifier that checks signatures only accepts {taken}")
    assert taken >= 60
