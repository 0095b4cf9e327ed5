"""Tokens that must open nothing: every known way to pass off a forged, altered, stale or foreign one as good."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt

from workspaces.tests.clerk_kit import Instance, Json, b64, pem, public_jwk, rsa_key

YEAR = 365 * 24 * 3600


def forgeries(instance: Instance) -> dict[str, str]:
    """Each forgery by what it tries."""
    made: dict[str, str] = {}
    for family in (
        _algorithms,
        _confusion,
        _key_ids,
        _foreign_keys,
        _altered,
        _times,
        _claims,
        _organisations,
        _shapes,
    ):
        found = family(instance)
        assert not made.keys() & found.keys()
        made.update(found)
    return made


def _hmac(instance: Instance, secret: bytes, alg: str = "HS256", **headers: Any) -> str:
    head = b64({"alg": alg, "typ": "JWT", "kid": instance.kid, **headers})
    body = b64(instance.claims("user_mallory"))
    digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[alg]
    return f"{head}.{body}.{b64(hmac.new(secret, f'{head}.{body}'.encode(), digest).digest())}"


def _algorithms(instance: Instance) -> dict[str, str]:
    """No signature, or one of another kind."""
    good = instance.token()
    claims, kid = instance.claims("user_mallory"), instance.kid
    made = {}
    for word in ("none", "None", "NONE", "nOnE", ""):
        made[f"alg {word!r} without signature"] = f"{b64({'alg': word, 'kid': kid})}.{b64(claims)}."
        made[f"alg {word!r} with a signature"] = instance.raw({"alg": word, "kid": kid}, claims)
    others: list[Any] = ["rs256", "RS256 ", "RS384", "RS512", "PS256", "ES256", "EdDSA", "HS256"]
    for other in [*others, 256, ["RS256"], None, True, {}]:
        made[f"alg {other!r} over an RS256 signature"] = instance.raw({"alg": other, "kid": kid}, claims)
    made["no alg"] = instance.raw({"kid": kid}, claims)
    made["a true RS512 signature"] = jwt.encode(claims, instance.key, "RS512", {"kid": kid})
    made["a true PS256 signature"] = jwt.encode(claims, instance.key, "PS256", {"kid": kid})
    made["the signature cut off"] = good.rpartition(".")[0]
    made["an empty signature"] = good.rpartition(".")[0] + "."
    made["a signature of zeros"] = good.rpartition(".")[0] + "." + b64(b"\0" * 256)
    made["half a signature"] = good[: len(good) - 170]
    return made


def _confusion(instance: Instance) -> dict[str, str]:
    """Our public key taken for a shared secret."""
    text, jwk = pem(instance.key), public_jwk(instance.key, instance.kid)
    number = base64.urlsafe_b64decode(jwk["n"] + "==")
    made = {
        "HS256 with the PEM": _hmac(instance, text.encode()),
        "HS256 with the PEM, stripped": _hmac(instance, text.strip().encode()),
        "HS256 with the PEM, one line": _hmac(instance, text.replace("\n", "").encode()),
        "HS256 with the JWK": _hmac(instance, json.dumps(jwk).encode()),
        "HS256 with the modulus": _hmac(instance, number),
        "HS256 with the modulus as text": _hmac(instance, jwk["n"].encode()),
        "HS256 with nothing": _hmac(instance, b""),
        "HS256 with the key's id": _hmac(instance, instance.kid.encode()),
        "HS384 with the PEM": _hmac(instance, text.encode(), "HS384"),
        "HS512 with the PEM": _hmac(instance, text.encode(), "HS512"),
    }
    head, body = b64({"alg": "RS256", "kid": instance.kid}), b64(instance.claims("user_mallory"))
    mac = hmac.new(text.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
    return {**made, "RS256 by name, HMAC in fact": f"{head}.{body}.{b64(mac)}"}


def _key_ids(instance: Instance) -> dict[str, str]:
    """A key id that is not one, is none of ours, or means something to a careless lookup."""
    mine, claims = rsa_key("mallory"), instance.claims("user_mallory")
    ids: list[Any] = [
        "ins_unknown", "../../../../dev/null", "/etc/passwd", "file:///dev/null", "' OR '1'='1", "x' UNION SELECT 1--",
        "| id", "$(id)", "ins_first\0", "INS_FIRST", " ins_first", "0", "__proto__", "http://127.0.0.1", "ins_%66irst",
    ]  # fmt: skip
    made = {f"unknown kid {kid!r}": instance.raw({"alg": "RS256", "typ": "JWT", "kid": kid}, claims) for kid in ids}
    odd: list[Any] = ["", None, 0, 1, True, [], ["ins_first"], {}, {"kid": "ins_first"}, "x" * 500]
    made |= {f"kid of a wrong kind {kid!r:.30}": instance.raw({"alg": "RS256", "kid": kid}, claims) for kid in odd}
    made["no kid"] = instance.raw({"alg": "RS256", "typ": "JWT"}, claims)
    made["kid given twice"] = instance.raw('{"alg":"RS256","kid":"ins_unknown","kid":"ins_first"}', claims)
    made["our kid, another key"] = instance.raw({"alg": "RS256", "kid": instance.kid}, claims, mine)
    return made


def _foreign_keys(instance: Instance) -> dict[str, str]:
    """A token that brings its own key, or says where it is."""
    mine, claims = rsa_key("mallory"), instance.claims("user_mallory")
    jwk, address = public_jwk(mine, "mallory"), instance.jwks.url.replace("/.well-known", "/mallory")
    brought: dict[str, Any] = {
        "jku": address, "x5u": address, "jwk": jwk, "x5c": [base64.b64encode(b"certificate").decode()], "x5t": "abc",
        "x5t#S256": "abc", "crit": ["exp"], "cty": "JWT", "zip": "DEF", "enc": "A256GCM",
    }  # fmt: skip
    made = {}
    for name, value in brought.items():
        for kid in (instance.kid, "mallory"):
            header = {"alg": "RS256", "typ": "JWT", "kid": kid, name: value}
            made[f"{name}, kid {kid}, their key"] = instance.raw(header, claims, mine)
        # Even under our own signature: what we never follow has no business in a token of ours.
        made[f"{name}, our key"] = instance.raw({"alg": "RS256", "kid": instance.kid, name: value}, claims)
    made["crit that is empty"] = instance.raw({"alg": "RS256", "kid": instance.kid, "crit": []}, claims)
    made["crit b64"] = instance.raw({"alg": "RS256", "kid": instance.kid, "crit": ["b64"], "b64": True}, claims)
    head = b64({"alg": "RS256", "kid": instance.kid, "b64": False, "crit": ["b64"]})
    signed = jwt.get_algorithm_by_name("RS256").sign(f"{head}.".encode() + json.dumps(claims).encode(), instance.key)
    made["a detached payload"] = f"{head}..{b64(signed)}"
    return made


def _altered(instance: Instance) -> dict[str, str]:
    """A good token with a piece changed after signing."""
    head, body, signature = instance.token("user_ada").split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    other = instance.token("user_bob").split(".")
    return {
        "another sub": f"{head}.{b64({**claims, 'sub': 'user_mallory'})}.{signature}",
        "a later exp": f"{head}.{b64({**claims, 'exp': claims['exp'] + YEAR})}.{signature}",
        "another's payload": f"{head}.{other[1]}.{signature}",
        "another's signature": f"{head}.{body}.{other[2]}",
        "another header": f"{b64({'alg': 'RS256', 'kid': instance.kid, 'x': 1})}.{body}.{signature}",
        "a turned bit": f"{head}.{body}.{('B' if signature[0] == 'A' else 'A') + signature[1:]}",
        "the payload encoded anew": f"{head}.{b64(json.dumps(claims, indent=1))}.{signature}",
        "loose bits at the end": f"{head}.{body}.{signature[:-1]}{_next_letter(signature[-1])}",
    }


def _next_letter(letter: str) -> str:
    """The letter of base64 that differs in the lowest bit, which an RSA-2048 signature's last letter does not use."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return letters[letters.index(letter) ^ 1]


def _times(instance: Instance) -> dict[str, str]:
    """Too old, too early, or a time that is none."""
    now = int(time.time())
    made = {
        "expired 6 s ago": instance.token(exp=now - 6),
        "expired a year ago": instance.token(exp=now - YEAR, iat=now - YEAR - 60, nbf=now - YEAR - 60),
        "not before in 30 s": instance.token(nbf=now + 30),
        "issued in 30 s": instance.token(iat=now + 30),
    }
    for name in ("exp", "iat", "nbf"):
        claims = instance.claims()
        del claims[name]
        made[f"no {name}"] = instance.signed(claims)
        odd: list[Any] = [str(now + 60), True, [now], {}, "", "soon", -1, 0, 10**400, float("inf"), float("nan"), None]
        for value in odd:
            made[f"{name} is {value!r:.12}"] = instance.signed({**instance.claims(), name: value})
    return made


def _claims(instance: Instance) -> dict[str, str]:
    """Another instance's, another site's, somebody unnamed, a sign-in that is not complete."""
    made = {}
    for name in ("iss", "sub", "sid"):
        claims = instance.claims()
        del claims[name]
        made[f"no {name}"] = instance.signed(claims)
        odd: list[Any] = ["", " ", "\t \n", "\u00a0\u2003", None, 1, True, [claims.get(name, "user_ada")], {"a": 1}]
        odd += ["x" * 121, "nul\0", "half\ud800"]
        for value in odd:
            made[f"{name} is {value!r:.12}"] = instance.signed({**instance.claims(), name: value})
    iss = instance.settings.issuer
    for other in (f"{iss}/", iss.upper(), iss.replace("https", "http"), f"{iss}.evil.example", "https://evil.example"):
        made[f"iss {other}"] = instance.token(iss=other)
    party = instance.settings.authorized_parties[0]
    parties: list[Any] = [
        f"{party}/",
        party.upper(),
        f"{party}.evil.example",
        "https://evil.example",
        "",
        "null",
        [party],
    ]
    made |= {f"azp {other!r}": instance.token(azp=other) for other in parties}
    made["no azp"] = instance.token(azp=None)
    states: list[Any] = ["pending", "Active", "", 1, ["active"], "ended"]
    made |= {f"sts {state!r}": instance.token(sts=state) for state in states}
    made["aud missing or wrong is tried apart, sub twice"] = instance.raw(
        {"alg": "RS256", "kid": instance.kid}, json.dumps(instance.claims("user_ada"))[:-1] + ', "sub": "user_mallory"}'
    )
    made["jti of a wrong kind"] = instance.token(jti=7)
    return made


def _organisations(instance: Instance) -> dict[str, str]:
    """An organisation that cannot be read is no organisation, and the token is refused as a whole."""
    odd: list[Any] = [
        "org_1",
        1,
        [],
        True,
        {},
        {"id": "org_1"},
        {"id": 1, "rol": "admin"},
        {"id": "org_1", "rol": ["admin"]},
    ]
    odd += [{"id": "", "rol": "admin"}, {"id": "org_\0", "rol": "admin"}, {"id": "org_1", "rol": "admin", "slg": 5}]
    made = {f"o is {value!r}": instance.token(o=value) for value in odd}
    made["two organisations"] = instance.token(o={"id": "org_1", "rol": "admin"}, org_id="org_2", org_role="org:admin")
    made["org_id as a list"] = instance.token(o={"id": "org_1", "rol": "admin"}, org_id=["org_1"])
    made["org_id without role"] = instance.token(v=None, org_id="org_1")
    made["org_id of a wrong kind"] = instance.token(v=None, org_id=1, org_role="org:admin")
    return made


def _shapes(instance: Instance) -> dict[str, str]:
    """Not the one compact form, or hiding something beside it."""
    good = instance.token()
    head, body, signature = good.split(".")
    inner: Json = {"alg": "RS256", "kid": instance.kid, "typ": "JWT"}
    return {
        "nested": instance.raw(inner, good),
        "a string as payload": instance.raw(inner, json.dumps(good)),
        "a list as payload": instance.raw(inner, "[]"),
        "a number as payload": instance.raw(inner, "1"),
        "nothing as payload": instance.raw(inner, ""),
        "no JSON as payload": instance.raw(inner, "{sub: user_ada}"),
        "no UTF-8 as payload": instance.raw(inner, b'{"sub": "\xff"}'),
        "a byte order mark": instance.raw(inner, b"\xef\xbb\xbf" + json.dumps(instance.claims()).encode()),
        "deep JSON": instance.raw(inner, "[" * 2500),
        "a list as header": instance.raw("[]", instance.claims()),
        "typ at+jwt": instance.token(headers={"typ": "at+jwt"}),
        "typ of a wrong kind": instance.token(headers={"typ": 1}),
        "a space inside": f"{head}. {body}.{signature}",
        "a newline inside": f"{head}.{body}\n.{signature}",
        "a tab inside": f"{head}.{body}.\t{signature}",
        "padding": f"{head}.{body}.{signature}==",
        "the other base64 alphabet": f"{head}.{body}.+/{signature[2:]}",
        "four parts": f"{good}.{signature}",
        "five parts (JWE)": f"{head}.{body}.{signature}.{body}.{signature}",
        "two dots": "..",
        "one word": "token",
        "JSON serialisation": json.dumps({"protected": head, "payload": body, "signature": signature}),
        "two tokens": f"{good},{good}",
        "too long": instance.token(padding="x" * 9000),
        "a letter beyond ASCII": f"{head}.{body}.{signature[:-1]}é",
        "digits beyond ASCII": f"{head}.{body}.{signature[:-1]}٣",
        "a machine token": "mt_2aBcDeFgHiJkLmNoPqRsTuVwXyZ",
        "a secret key": "sk_test_2aBcDeFgHiJkLmNoPqRsTuVwXyZ",
    }
