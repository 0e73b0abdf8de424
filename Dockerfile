# One image for every process of the stack; docker-compose.yml gives each its command.

FROM python:3.11-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
WORKDIR /src
# The dependencies first: they change seldom, and are most of the image.
COPY requirements.lock ./
RUN /opt/venv/bin/pip install --no-deps --require-hashes -r requirements.lock
COPY setup.cfg pyproject.toml README.md LICENSE NOTICE celeryconfig.py ./
COPY precompute precompute
COPY models models
COPY workers workers
COPY api api
RUN /opt/venv/bin/pip install --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /srv precompute \
    && install -d -o precompute -g precompute /srv/data /srv/data/models /srv/media
COPY --from=build /opt/venv /opt/venv
COPY Procfile /srv/Procfile
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /srv
USER precompute
EXPOSE 8003 5555
# Alone, the image is the API; it needs REDIS_URL and BROKER_URL.
CMD ["sh", "-c", "exec granian --interface wsgi --no-ws --host 0.0.0.0 --port 8003 --blocking-threads \"${PRECOMPUTE_API_THREADS:-32}\" --workers-kill-timeout 5 api.wsgi:app"]
