"""What the tools of a step may use: the run's files, credentials, memory."""

from collections.abc import Awaitable, Callable
from typing import Any

from recipes.steps import Job
from tools.contract import ToolContext
from tools.files import StoredRunFiles

Decide = Callable[..., Awaitable[Any]]


def of(job: Job, decide: Decide) -> ToolContext:
    """The context of a job's tool calls. decide: runs a synchronous function in the worker's threads."""
    return ToolContext(
        workspace_id=job.workspace_id,
        execution_id=job.execution_id,
        files=StoredRunFiles(job.workspace_id, job.execution_id),
    )
