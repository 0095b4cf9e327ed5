"""What the page of MCP clients shows."""


def paste_lines(url: str) -> list[tuple[str, str, str]]:
    """What to paste into the usual clients, as (id, name, text)."""
    mcp = f"{url}/mcp"
    entry = f'"automatos": {{"type": "http", "url": "{mcp}", "headers": {{"Authorization": "Bearer YOUR-KEY"}}}}'
    return [
        (
            "claude-code",
            "Claude Code",
            f'claude mcp add --transport http automatos {mcp} --header "Authorization: Bearer YOUR-KEY"',
        ),
        ("cursor", "Cursor", f'{{"mcpServers": {{{entry}}}}}'),
        ("vscode", "VS Code", f'{{"servers": {{{entry}}}}}'),
        ("other", "Other", f"Address: {mcp}\nTransport: streamable HTTP\nHeader: Authorization: Bearer YOUR-KEY"),
    ]
