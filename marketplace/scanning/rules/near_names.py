"""Names of packages that differ from a popular one by a slip of the finger."""

from functools import lru_cache

from rapidfuzz.distance import OSA

POPULAR = {
    "pypi": frozenset(
        """requests urllib3 numpy pandas scipy matplotlib scikit-learn tensorflow pytorch torch torchvision
    transformers django flask fastapi pydantic sqlalchemy boto3 botocore cryptography paramiko pyyaml jinja2
    click pytest setuptools virtualenv beautifulsoup4 selenium playwright aiohttp httpx openai anthropic
    langchain langchain-core llama-index tiktoken pillow opencv-python psycopg2 psycopg2-binary pymongo
    celery gunicorn uvicorn starlette python-dotenv python-dateutil colorama openpyxl pypdf pypdf2
    pdfplumber reportlab python-docx python-pptx markdown lxml networkx seaborn plotly streamlit gradio
    huggingface-hub datasets tqdm loguru typer poetry black mypy ruff pylint pyjwt bcrypt passlib web3
    discord python-telegram-bot slack-sdk stripe twilio google-cloud-storage google-auth azure-identity
    protobuf grpcio asyncpg psutil watchdog cachetools chardet certifi attrs charset-normalizer pygments
    tabulate imageio moviepy faker jsonschema polars pyarrow duckdb""".split()
    ),
    "npm": frozenset(
        """react react-dom lodash express axios typescript webpack eslint prettier jest commander chalk moment
    dotenv nodemon mongoose sequelize socket.io next nuxt svelte angular rxjs jquery bootstrap tailwindcss
    postcss autoprefixer babel-core cross-env cross-spawn rimraf node-fetch puppeteer playwright cheerio
    winston uuid yargs inquirer debug semver minimist glob mkdirp body-parser cookie-parser jsonwebtoken
    bcrypt passport redis ioredis prisma stripe openai discord.js electron vite vitest esbuild rollup ethers
    web3 solana zod graphql apollo-server firebase underscore bluebird colors ansi-styles handlebars marked
    highlight.js sharp jimp pg mysql mysql2 sqlite3 better-sqlite3 knex typeorm fastify nestjs storybook
    husky lint-staged concurrently turbo lerna""".split()
    ),
}
# Real packages that are near another one.
REAL = frozenset(
    """requests2 torch-geometric preact redux react-is nest jests pytest-cov pandas-ta panda pydash numba
    flask-cors httpx2 click8 pillow-simd marko expressjs colours color chalk2 debugg axios-retry uvicorn
    uuidv4 uuid4 luxon ruff-lsp blackd boto botocore3 psycopg psycopg3 pymysql mypy2 pyjwt2 pypdf3 pypdf4
    lodash-es loadash next-auth vitepress turf sharp-cli globby glob2 globs pgx pg8000 marked2 redis-py
    redis2 rediss discord.py discordpy typer-cli black2 attr attrs2 lxml2 ky got nuxt3 vue svelte5 celery2
    faker2 fakeredis seaborn2 tqdm2 mkdocs markdown2 markdown3 markdown-it open-ai mysqldb mssql turbopack
    husky2 react-pdf esbuilds rollup2 vite2 knex2 zodb zed ethers5 sqlite stripe2 click2 scipy2""".split()
)


SCOPED = frozenset(
    """@modelcontextprotocol/server-filesystem @modelcontextprotocol/server-github @modelcontextprotocol/server-memory
    @modelcontextprotocol/server-everything @modelcontextprotocol/server-postgres @modelcontextprotocol/server-slack
    @modelcontextprotocol/server-puppeteer @modelcontextprotocol/server-fetch @modelcontextprotocol/sdk
    @modelcontextprotocol/inspector @modelcontextprotocol/server-sequential-thinking @modelcontextprotocol/server-gdrive
    @anthropic-ai/sdk @anthropic-ai/claude-code @openai/codex @playwright/mcp @playwright/test @upstash/context7-mcp
    @supabase/mcp-server-supabase @supabase/supabase-js @sentry/node @types/node @babel/core @aws-sdk/client-s3
    @google/gemini-cli @notionhq/client @notionhq/notion-mcp-server @slack/web-api @octokit/rest @langchain/core
    @vercel/sdk @stripe/mcp @cloudflare/workers-types @tanstack/react-query @prisma/client""".split()
)


def _near_scoped(name: str) -> str:
    """The same for a name with its owner: one or two slips in a name that long."""
    if name in SCOPED:
        return ""
    return next(
        (other for other in SCOPED if OSA.distance(name, other, score_cutoff=2) <= (2 if len(name) > 20 else 1)), ""
    )


@lru_cache(maxsize=4096)
def near_name(name: str, registry: str) -> str:
    """The popular package that this name is one slip away from, or nothing."""
    name = name.lower().strip("\"'")
    if name.startswith("@"):
        return _near_scoped(f"@{name[1:].split('@')[0]}") if registry == "npm" else ""
    name = name.split("@")[0]
    bare = name.replace("_", "-")
    popular = POPULAR[registry]
    if len(bare) < 5 or bare in popular or bare in REAL or not bare.replace("-", "").replace(".", "").isalnum():
        return ""
    for other in popular:
        if len(other) < 5 or abs(len(other) - len(bare)) > 1:
            continue
        if OSA.distance(bare, other, score_cutoff=1) == 1 and not _numbered(bare, other):
            return other
        if (
            sorted(bare.replace("-", "")) == sorted(other.replace("-", ""))
            and bare.replace("-", "") != other.replace("-", "")
            and OSA.distance(bare, other, score_cutoff=2) <= 2
        ):
            return other
    return ""


def _numbered(bare: str, other: str) -> bool:
    """`psycopg3` beside `psycopg2` is a version, `requestss` is not."""
    return bare.rstrip("0123456789") == other.rstrip("0123456789") and bare[-1].isdigit()
