"""Requests of ours to addresses that a person, a model or a document chose: one guarded way, for everybody.

`await outside.get(url)` or `outside.request(method, url, …)`: http and https only; public addresses only, connected to
exactly as they were checked; every redirect checked anew; limits of time and size; no cookies, no proxies, nothing of
this process's environment. `outside.find` and `outside.find_host` give other protocols the checked addresses.
"""

from automatos.outside.client import METHODS, Answer, Client, Limits
from automatos.outside.errors import OutsideError, Refused, TooMuch, TooSlow, Unreachable, WrongType
from automatos.outside.targets import Target, find, find_host

__all__ = [
    "METHODS",
    "Answer",
    "Client",
    "Limits",
    "OutsideError",
    "Refused",
    "Target",
    "TooMuch",
    "TooSlow",
    "Unreachable",
    "WrongType",
    "find",
    "find_host",
    "get",
    "request",
]

_client = Client()
get = _client.get
request = _client.request
