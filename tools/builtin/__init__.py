"""The built-in tools, by name."""

from dataclasses import replace

from tools.builtin import (
    ask_agent,
    calculator,
    csv_query,
    dates,
    files,
    http_request,
    json_query,
    memory,
    render_document,
    sql_query,
    web_fetch,
)
from tools.contract import Tool
from tools.sources import BUILTIN as SOURCE

BUILTIN: dict[str, Tool] = {
    tool.name: replace(tool, source=SOURCE)
    for tool in (
        web_fetch.TOOL,
        http_request.TOOL,
        files.FILE_LIST,
        files.FILE_READ,
        files.FILE_WRITE,
        render_document.TOOL,
        calculator.TOOL,
        dates.CURRENT_TIME,
        dates.DATE_CALCULATE,
        json_query.TOOL,
        csv_query.TOOL,
        sql_query.TOOL,
        ask_agent.TOOL,
        memory.REMEMBER,
        memory.RECALL,
    )
}
