# One image for web, worker and beat; docker-compose.yml says which.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    DATA=/data STATIC_ROOT=/app/staticfiles
WORKDIR /app

# Skills are fetched from git repositories.
RUN apt-get update && apt-get install -y --no-install-recommends git openssh-client ca-certificates && rm -rf /var/lib/apt/lists/*

COPY automatos/local/hashes.txt ./
RUN pip install --only-binary :all: --no-deps --require-hashes -r hashes.txt && rm hashes.txt

COPY . .
# Static files are part of the image; no secret is needed to gather them, so a throw-away key stands in.
RUN useradd --system --uid 10001 --no-create-home automatos \
    && mkdir /data && chown automatos /data \
    && DATA=/tmp/build SECRET_KEY=only-for-the-build python manage.py collectstatic --noinput \
    && rm -rf /tmp/build

USER automatos
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen(r.Request('http://127.0.0.1:8000/health', headers={'Host': 'localhost'}), timeout=4)"]
CMD ["uvicorn", "automatos.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--lifespan", "off", "--no-proxy-headers", "--http", "automatos.http_deadlines:DeadlineProtocol"]
