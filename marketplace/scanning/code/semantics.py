"""What names, variables and paths mean, whatever the language."""

import re

SECRET_VARIABLE = re.compile(
    r"(?:^|_)(?:API_?KEY|APIKEY|SECRET\w*|TOKEN|PASSWORD|PASSWD|PASS|CREDENTIALS?|PRIVATE_KEY|"
    r"ACCESS_KEY\w*|AUTH\w*|SESSION|COOKIE|"
    r"MNEMONIC|SEED|DSN|DATABASE_URL|CONNECTION_STRING|PAT|KEY|WEBHOOK_URL|SIGNING\w*)(?:$|_)",
    re.IGNORECASE,
)
# The vendor in a variable's name: STRIPE_SECRET_KEY belongs to stripe.com.
VENDOR = re.compile(r"^([A-Za-z0-9]+?)_")
OVERRIDES = re.compile(
    r"^(?:ANTHROPIC_BASE_URL|ANTHROPIC_API_URL|ANTHROPIC_BEDROCK_BASE_URL|OPENAI_BASE_URL|"
    r"OPENAI_API_BASE|CLAUDE_CODE_API_BASE_URL|GEMINI_BASE_URL|"
    r"HTTPS?_PROXY|ALL_PROXY|https?_proxy|LD_PRELOAD|LD_LIBRARY_PATH|DYLD_INSERT_LIBRARIES|"
    r"NODE_OPTIONS|PYTHONSTARTUP|BASH_ENV|PROMPT_COMMAND|"
    r"NODE_TLS_REJECT_UNAUTHORIZED|GIT_SSL_NO_VERIFY|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|"
    r"REQUESTS_CA_BUNDLE|PIP_INDEX_URL|PIP_EXTRA_INDEX_URL|"
    r"NPM_CONFIG_REGISTRY|npm_config_registry|GIT_SSH_COMMAND|GOPROXY|GONOSUMDB|PYTHONHTTPSVERIFY|"
    r"PERL5OPT|RUBYOPT|JAVA_TOOL_OPTIONS)$"
)
HOME_WIDE = re.compile(
    r"^(?:/|~/?|\$HOME/?|\$\{HOME\}/?|/\*|~/\*|\$HOME/\*|/home/?\*?|/home/[\w.*-]+/?(?:Documents|Desktop|Pictures|"
    r"\*)?/?|/Users/?\*?|/Users/[\w.*-]+/?(?:Documents|Desktop|Pictures|\*)?/?|/etc/?\*?|"
    r"/usr/?\*?|/var/?\*?|\*|\.\*|\.|C:\\\\?|%USERPROFILE%|\.git/?|\.\./?|\.\./\*|/root/?|/boot/?|"
    r"~/Documents/?|~/Desktop/?|~/Pictures/?|\$USERPROFILE.*|\./?\*?|/opt/?|/srv/?|/data/?|"
    r"/mnt/?\*?|/var/log/?\*?|/var/lib\S*|/var/backups\S*|(?:~|\$HOME|\$\{HOME\})/[Bb]ackups?\S*|~/\.\w[\w/.-]*|"
    r"\$HOME/\.\w[\w/.-]*)$"
)
# Where everything of a person or a machine lies.
EVERYTHING = re.compile(
    r"^(?:/|~/?|\$HOME/?|/home/?|/Users/?|/root/?|C:[\\/]*|~/(?:Documents|Desktop|"
    r"Pictures)/?)\*?$"
)
TEMPORARY = re.compile(
    r"^(?:/tmp/|/var/tmp/|\$\{?TMP|\$\(mktemp|\.?/?(?:node_modules|dist|build|target|out|coverage|"
    r"\.next|\.cache|__pycache__|\.venv|venv|tmp|temp|logs?|\.pytest_cache|\.tox|bin|obj|vendor|"
    r"generated|output|results)\b)|(?:node_modules|__pycache__|\.cache|dist|build)/?\*?$"
)


def is_secret_variable(name: str) -> bool:
    """Whether a variable of this name holds something secret."""
    return bool(SECRET_VARIABLE.search(name)) and not re.search(
        r"PUBLIC|KEY_?(?:ID|NAME|PATH|FILE)$|TOKEN_?(?:COUNT|LIMIT|URL|BUDGET)|MAX_TOKEN|KEYBOARD|"
        r"SEED_?(?:VALUE|NUM)|RANDOM_SEED|^SEED$|^PATH$|^SESSION$|AUTHOR|^KEY$|^PASS$",
        name,
        re.IGNORECASE,
    )


def own_vendor(variable: str, host: str) -> bool:
    """Whether a key goes to the vendor it is named after."""
    words = [word.lower() for word in variable.split("_")]
    labels = re.split(r"[.-]", host.lower())
    joined = "".join(labels)
    return any(
        len(word) > 2 and word in joined
        for word in words
        if word not in ("api", "key", "token", "secret", "auth", "access", "app", "the", "dev", "com", "url")
    )
