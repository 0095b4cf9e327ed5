"""Where a person may be sent on within their workspace."""

import re

PLAIN = re.compile(r"/w/[\w-]+/[\w./?=&%-]*")


def safe_next(path: str, workspace_slug: str) -> str:
    """The path when it leads to a page of this workspace, else nothing: an address from outside is no place of ours."""
    is_ours = path.startswith(f"/w/{workspace_slug}/") and PLAIN.fullmatch(path) and "//" not in path
    return path[:500] if is_ours else ""
