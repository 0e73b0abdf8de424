# One image for every process of the stack; docker-compose.yml gives each its command. docs/deploying.md tells more.
# The same files give the same packages: the base by its exact version, wheels by their hashes from the lock.

FROM python:3.11.16-slim-trixie AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
# Dates inside of what is built here: those of the files, not of the build.
ARG SOURCE_DATE_EPOCH=1767225600
ENV SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH
RUN python -m venv /opt/venv
WORKDIR /src
# The dependencies first: they change seldom, and are most of the image. Nothing is compiled, so no compiler is needed.
COPY requirements.lock ./
RUN /opt/venv/bin/pip install --no-compile --no-deps --only-binary :all: --require-hashes -r requirements.lock
COPY setup.cfg pyproject.toml README.md LICENSE NOTICE celeryconfig.py ./
COPY precompute precompute
COPY models models
COPY workers workers
COPY api api
# Bytecode is made once, here: the user of the image cannot write it. By hash, since dates would differ with each build.
RUN /opt/venv/bin/pip install --no-compile --no-deps --no-build-isolation . \
    && /opt/venv/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/venv/lib

FROM python:3.11.16-slim-trixie
LABEL org.opencontainers.image.title="predictive-precompute" org.opencontainers.image.licenses="MIT"
RUN useradd --system --uid 10001 --home-dir /srv --no-create-home precompute \
    && install -d -o precompute -g precompute /srv/data /srv/data/models /srv/media
COPY --from=build /opt/venv /opt/venv
COPY Procfile /srv/Procfile
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# A container is reached over its network.
ENV PRECOMPUTE_HOST=0.0.0.0 PRECOMPUTE_FLOWER_ADDRESS=0.0.0.0
WORKDIR /srv
# By number: orchestrators that insist on a user other than root cannot look names up.
USER 10001
EXPOSE 8003 5555
# Alone, the image is the API, as the Procfile has it; it needs REDIS_URL, BROKER_URL and PRECOMPUTE_API_KEYS.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "from urllib.request import urlopen as u; u('http://127.0.0.1:8003/healthz')"]
CMD ["sh", "-c", "exec granian --interface wsgi --no-ws --http 1 --host \"${PRECOMPUTE_HOST:-127.0.0.1}\" --port \"${PRECOMPUTE_PORT:-8003}\" --blocking-threads \"${PRECOMPUTE_API_THREADS:-32}\" --workers-kill-timeout 5 api.wsgi:app"]
