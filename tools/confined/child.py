"""The process that does one job and ends. It imports nothing of the product's settings and is given none."""

import contextlib
import importlib
import json
import resource
import sys
from typing import Any

# Modules are loaded by name, so that each process loads the libraries of its one job only. Jobs of other apps are not
# listed here: they are asked for by the full names of their modules.
JOBS = {
    "csv": "tools.confined.csv_query",
    "docx": "tools.confined.docx",
    "docx_text": "tools.confined.docx_text",
    "epub_text": "tools.confined.epub_text",
    "html": "tools.confined.html",
    "json": "tools.confined.json_query",
    "mail_text": "tools.confined.mail_text",
    "notebook_text": "tools.confined.notebook_text",
    "odf_text": "tools.confined.odf_text",
    "pdf": "tools.confined.pdf",
    "pdf_picture": "tools.confined.pdf_picture",
    "pdf_text": "tools.confined.pdf_text",
    "sheets": "tools.confined.sheets",
    "slides": "tools.confined.slides",
    "text": "tools.confined.text",
}
CLOSED = ("socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.exec", "os.fork", "os.system")


class Problem(Exception):
    """What is wrong with the data or the task, in words for the model."""


def main() -> None:
    """Read the request from stdin, do it, write the answer to stdout."""
    request = sys.stdin.buffer.read()
    end = 4 + int.from_bytes(request[:4], "big")
    head = json.loads(request[4:end])
    _limit(head["memory"], head["seconds"])
    data = request[end:]
    del request
    result, made = _done(head["job"], head["task"], data, head["answer"])
    text = json.dumps(result).encode()
    sys.stdout.buffer.write(len(text).to_bytes(4, "big") + text)
    for piece in [made] if isinstance(made, bytes) else made:
        sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


def _done(job: str, task: dict[str, Any], data: bytes, largest: int) -> tuple[dict[str, Any], bytes | list[bytes]]:
    """What the job makes, as JSON and as bytes, perhaps in pieces."""
    module = importlib.import_module(JOBS.get(job, job))
    sys.addaudithook(_refuse)
    try:
        result: tuple[dict[str, Any], bytes | list[bytes]] = module.run(task, data)
        size = len(result[1]) if isinstance(result[1], bytes) else sum(map(len, result[1]))
        if size + len(str(result[0].get("text", ""))) > largest:
            raise Problem("The result is too large. Ask for less at once.")
        return result
    except Problem as problem:
        return {"problem": str(problem)}, b""
    except MemoryError:
        return {"problem": "This needs more memory than is allowed. Ask for less at once."}, b""
    except RecursionError:
        return {"problem": "This is nested too deeply."}, b""
    except Exception:
        return {"problem": "This cannot be read; the data is broken or not of the kind it claims to be."}, b""


def _limit(memory: int, seconds: float) -> None:
    limits = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_CPU: int(seconds) + 1,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }
    for kind, most in limits.items():
        # Not every system lets every limit be set; the parent ends what takes too long anyway.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))


def _refuse(event: str, args: tuple[object, ...]) -> None:
    if event in CLOSED:
        raise PermissionError(event)
