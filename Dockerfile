# syntax=docker/dockerfile:1

FROM python:3.13-slim AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
COPY requirements.txt .
RUN --mount=type=cache,target=/root/.cache/pip \
    /opt/venv/bin/pip install --only-binary :all: --require-hashes --requirement requirements.txt

FROM python:3.13-slim
RUN useradd --system --no-create-home --uid 10001 aaa_dashboard
COPY --from=packages /opt/venv /opt/venv
WORKDIR /srv/aaa_dashboard
COPY . .
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=2 \
    LOG_FORMAT=json \
    STATIC_COLLECTED=on
RUN python -m compileall -q aaa_dashboard && DEBUG=on python manage.py collectstatic --no-input
USER aaa_dashboard
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["uvicorn", "aaa_dashboard.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--no-access-log", "--no-server-header", "--timeout-graceful-shutdown", "10"]
