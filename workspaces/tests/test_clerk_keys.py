"""Clerk's keys: fetched rarely, rotated in time, kept when Clerk does not answer. Time is moved by hand."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from automatos.clerk_settings import ClerkSettings
from automatos.errors import Unavailable
from automatos.events import sync_client
from workspaces.clerk.key_sets import LONGEST_LIFE, SharedShelf
from workspaces.clerk.keys import LIFESPAN, RETRY, RemoteKeys
from workspaces.clerk.tokens import BadToken, verify
from workspaces.tests.clerk_kit import ISSUER, Instance, JwksServer, instance, pem, public_jwk, rsa_key

__all__ = ["instance"]


class Clock:
    """Seconds since 1970, moved by hand."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(instance: Instance, clock: Clock) -> RemoteKeys:
    made = RemoteKeys(instance.jwks.url, clock=clock)
    assert made.find("ins_first") is not None
    return made


def test_the_list_is_asked_for_once_in_300_seconds(keys: RemoteKeys, instance: Instance, clock: Clock) -> None:
    for _ in range(299):
        clock.now += 1
        assert keys.find("ins_first")
    assert instance.jwks.fetches == 1
    clock.now += 1
    assert keys.find("ins_first")
    assert instance.jwks.fetches == 2


def test_sixty_unknown_key_ids_cause_at_most_five_fetches(keys: RemoteKeys, instance: Instance, clock: Clock) -> None:
    for number in range(60):
        clock.now += 2
        assert keys.find(f"ins_made_up_{number}") is None
    print(f"\n60 unknown kids over 120 s: {instance.jwks.fetches} fetches")
    assert 2 <= instance.jwks.fetches <= 5


def test_sixty_unknown_key_ids_at_once_cause_one_fetch_more(instance: Instance) -> None:
    cold = RemoteKeys(instance.jwks.url)
    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(cold.find, [f"ins_{number}" for number in range(60)]))
    print(f"\n60 unknown kids at once, cold: {instance.jwks.fetches} fetches")
    assert not any(found)
    assert instance.jwks.fetches == 1


def test_a_rotated_key_works_within_35_seconds(keys: RemoteKeys, instance: Instance, clock: Clock) -> None:
    clock.now += 100
    # The worst moment: somebody's made-up id has just used up the fetch.
    assert keys.find("ins_made_up") is None
    instance.rotate()
    waited = 0
    while keys.find("ins_second") is None:
        waited += 1
        clock.now += 1
        assert waited <= 35
    print(f"\na rotated key worked after {waited} s, {instance.jwks.fetches} fetches in all")
    assert keys.find("ins_first") is None


def test_a_rotated_key_works_at_once_when_nobody_asked_before(
    keys: RemoteKeys, instance: Instance, clock: Clock
) -> None:
    clock.now += 31
    instance.rotate()
    assert keys.find("ins_second") is not None


@pytest.mark.parametrize("trouble", ["down", "gone", "empty", "no json", "huge", "redirect", "other kinds"])
def test_when_the_server_fails_the_old_keys_stay(
    keys: RemoteKeys, instance: Instance, clock: Clock, trouble: str
) -> None:
    match trouble:
        case "down":
            instance.jwks.up = False
        case "gone":
            instance.jwks.stop()
        case "empty":
            instance.jwks.keys = []
        case "no json":
            instance.jwks.body = b"<html>"
        case "huge":
            other = {"keys": [public_jwk(rsa_key("second"), "ins_second")]}
            instance.jwks.body = json.dumps(other).encode() + b" " * 300_000
        case "redirect":
            instance.jwks.redirect = "http://127.0.0.1:9/"
        case "other kinds":
            instance.jwks.keys = [{"kty": "oct", "kid": "ins_first", "k": "c2VjcmV0"}, {"kty": "RSA"}, "x"]  # type: ignore[list-item]
    before = instance.jwks.fetches
    for _ in range(int(3600 / 5)):
        clock.now += 5
        assert keys.find("ins_first") is not None
    tries = instance.jwks.fetches - before
    print(f"\n{trouble}: an hour without keys, nobody signed out, {tries} tries")
    assert tries <= (3600 - LIFESPAN) / RETRY + 1
    clock.now += LONGEST_LIFE
    with pytest.raises(Unavailable):
        keys.find("ins_first")


def test_keys_come_from_the_configured_address_only(keys: RemoteKeys, instance: Instance, clock: Clock) -> None:
    elsewhere = JwksServer()
    elsewhere.keys = [public_jwk(rsa_key("mallory"), "ins_mallory")]
    instance.jwks.redirect = elsewhere.url
    clock.now += LIFESPAN
    assert keys.find("ins_mallory") is None
    assert elsewhere.fetches == 0
    elsewhere.stop()


@pytest.mark.parametrize("redis", ["kept", "forgot", "was given another list"])
def test_a_start_during_an_outage_uses_the_keys_of_another_process(
    instance: Instance, clock: Clock, redis: str
) -> None:
    url = instance.jwks.url
    assert RemoteKeys(url, clock=clock, shelf=SharedShelf(url)).find("ins_first")
    if redis == "forgot":
        sync_client().delete(SharedShelf(url).name)
    elif redis != "kept":
        sync_client().set(SharedShelf(url).name, b"a:b:c")
    instance.jwks.up = False
    clock.now += 1000
    restarted = RemoteKeys(url, clock=clock, shelf=SharedShelf(url))
    assert restarted.find("ins_first") is not None
    with pytest.raises(Unavailable):
        RemoteKeys(url, clock=clock).find("ins_first")
    clock.now += LONGEST_LIFE
    with pytest.raises(Unavailable):
        RemoteKeys(url, clock=clock, shelf=SharedShelf(url)).find("ins_first")


def test_keys_that_somebody_else_put_on_the_shelf_count_as_nothing(instance: Instance) -> None:
    shelf = SharedShelf(instance.jwks.url)
    mine = json.dumps({"url": instance.jwks.url, "asked_at": time.time(), "keys": [public_jwk(rsa_key("mine"), "x")]})
    for planted in (mine.encode(), b"\xff\x00", b"", b"a:b:c"):
        sync_client().set(shelf.name, planted)
        default_storage.delete(shelf.path)
        default_storage.save(shelf.path, ContentFile(planted))
        assert shelf.load() is None
    sync_client().delete(shelf.name)


def test_processes_share_one_fetch(instance: Instance, clock: Clock) -> None:
    url = instance.jwks.url
    for _ in range(4):
        process = RemoteKeys(url, clock=clock, shelf=SharedShelf(url))
        assert process.find("ins_first")
        assert process.find("ins_made_up") is None
    assert instance.jwks.fetches == 1


def test_a_short_key_in_the_list_is_no_key(instance: Instance, clock: Clock) -> None:
    instance.jwks.keys.append(public_jwk(rsa_key("short", 1024), "ins_short"))
    instance.jwks.keys.append({**instance.jwks.keys[0], "kid": "ins_enc", "use": "enc"})
    found = RemoteKeys(instance.jwks.url, clock=clock)
    assert found.find("ins_first")
    assert found.find("ins_short") is None
    assert found.find("ins_enc") is None


def test_a_clock_set_back_does_not_stop_the_fetching(keys: RemoteKeys, instance: Instance, clock: Clock) -> None:
    clock.now -= 7200
    instance.rotate()
    assert keys.find("ins_second") is not None


def test_with_a_pem_no_key_is_fetched(instance: Instance, tmp_path: Path) -> None:
    fixed = ClerkSettings(issuer=ISSUER, jwt_key=pem(instance.key))
    assert verify(instance.token("user_ada"), fixed).sub == "user_ada"
    with pytest.raises(BadToken):
        verify(instance.raw({"alg": "RS256", "kid": "ins_first"}, instance.claims(), rsa_key("mine")), fixed)
    assert instance.jwks.fetches == 0
