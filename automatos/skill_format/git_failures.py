"""What git says when it fails, as a sentence with a cure."""

import re

from automatos.errors import AppError, Unavailable, wrong_field
from automatos.skill_format.git import GitFailed, Limits
from automatos.skill_format.plain_text import one_line, shorten, visible

PRIVATE = "There is no public repository at this address. Check it; a private one needs a credential."
NOT_OPENED = (
    "With this credential there is no repository at this address. Check both, and what the credential may read."
)
CAUSES = (
    ("ref", r"couldn't find remote ref HEAD|remote HEAD", "The repository is empty."),
    (
        "ref",
        r"couldn't find remote ref|invalid refspec",
        "The repository has no branch or tag {ref}. Check the spelling.",
    ),
    (
        "ref",
        r"not our ref|unadvertised object",
        "The repository has no commit {ref}, or its server does not give it out.",
    ),
    ("folder", r"Not a valid object name|not a tree object", "The repository has no such folder. Check the spelling."),
    (
        "ref",
        r"Needed a single revision|expected commit type",
        "{ref} is not a commit. Name a branch, a tag or a commit.",
    ),
    (
        "url",
        r"Host key verification failed|REMOTE HOST IDENTIFICATION",
        "The server's key is none of those in the credential, so nothing was sent. Compare it with what the server's "
        "operator publishes, and correct the credential.",
    ),
    ("url", r"Permission denied \(|Could not read from remote repository", PRIVATE),
    (
        "url",
        r"ssh: not found|cannot run ssh",
        "This installation has no ssh command. Its operator installs openssh-client, or use an https:// address.",
    ),
    ("url", r"error: (401|403|404|410)|could not read Username|Authentication failed|not found", PRIVATE),
    (
        "url",
        r"error: 30\d|redirect",
        "The address leads on to another one. Open it in a browser and add the one it ends at.",
    ),
    (
        "url",
        r"certificate",
        "The server's certificate is not trusted, so nothing was fetched. Check the address.",
    ),
    (
        "url",
        r"not valid: is this a git repository|dumb http transport|protocol error",
        "There is no git server at this address.",
    ),
    (
        "url",
        r"mismatched algorithms|object format",
        "The repository uses SHA-256 object names, which are not supported yet.",
    ),
    ("url", r"transport '\w*' not allowed", "Only repositories at an https:// or SSH address can be added."),
)
MEMORY = re.compile(r"out of memory|malloc failed|memory exhausted", re.IGNORECASE)
DOWN = re.compile(
    r"Failed to connect|Connection refused|timed out|Could not resolve|error: 5\d\d|error: 429|recv (failure|error)"
    r"|handshake|Empty reply|hung up|early EOF|unexpected eof|transfer closed|RPC failed",
    re.IGNORECASE,
)
# What ssh says when it came to no talk at all; git adds each time that it could not read from the repository.
OVER_SSH = "Could not read from remote repository"
NO_TALK = re.compile(
    r"connect to host|kex_exchange_identification|ssh_dispatch_run_fatal|banner|Bad packet length"
    r"|[Cc]onnection (closed|reset|refused|timed out)"
)
REFUSED = re.compile(r"Permission denied \(|Host key verification failed")
SLOW = re.compile(r"Operation too slow|too slow")


def explain(error: GitFailed, *, ref: str, limits: Limits, is_private: bool = False) -> AppError:
    """The error to raise for a fetch that came to nothing. ref: what was asked for; is_private: with a credential."""
    if error.why == "large" or MEMORY.search(error.said):
        return wrong_field(
            "url",
            f"The repository is larger than {limits.disk_bytes // 1_000_000:,} MB. Put its skills into a smaller one.",
        )
    if error.why == "slow" or SLOW.search(error.said):
        return Unavailable(
            f"The server is too slow: nothing complete came within {limits.seconds:g} seconds. Try again later.",
            code="repository_too_slow",
        )
    if OVER_SSH in error.said and NO_TALK.search(error.said) and not REFUSED.search(error.said):
        return Unavailable(
            "The server does not answer as one of SSH. Check the address or try again later.", code="repository_down"
        )
    for field, pattern, sentence in CAUSES:
        if re.search(pattern, error.said):
            said = NOT_OPENED if is_private and sentence == PRIVATE else sentence
            return wrong_field(field, said.format(ref=ref or "HEAD"))
    if DOWN.search(error.said):
        return Unavailable("The server does not answer. Check the address or try again later.", code="repository_down")
    return wrong_field("url", f"git could not fetch it: {_last_line(error.said)}")


def _last_line(said: str) -> str:
    """The last line of git's own; what a server says (`remote:`) is not repeated."""
    own = [line for line in said.splitlines() if line.startswith(("fatal:", "error:"))]
    text = own[-1].partition(":")[2] if own else "it gave no reason"
    return shorten(one_line(visible(text)[0]), 200)
