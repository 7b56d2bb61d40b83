FROM python:3.12-slim
WORKDIR /app
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1
COPY pyproject.toml uv.lock ./
RUN python -m venv .venv && .venv/bin/pip install --no-cache-dir uv \
    && .venv/bin/uv sync --frozen --no-cache --no-group dev --compile-bytecode
COPY . .
RUN useradd --create-home pendant && mkdir /media && chown pendant /media
USER pendant
EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "--bind=0.0.0.0:8000", "--worker-class=gthread", "--threads=8", "--no-control-socket"]
