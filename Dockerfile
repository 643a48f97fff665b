# syntax=docker/dockerfile:1
# Vitrine in one small image, which needs to write nothing but its volume and /tmp:
# `docker run -p 8000:8000 -v vitrine:/var/lib/vitrine --read-only --tmpfs /tmp --cap-drop ALL vitrine`.

FROM python:3.12-slim AS build
WORKDIR /build
RUN python -m venv /opt/vitrine
ENV PATH=/opt/vitrine/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.lock ./
RUN pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY recommender ./recommender
COPY training ./training
COPY api ./api
RUN pip install --no-deps .

FROM python:3.12-slim
# libgomp: FAISS and the trainer use OpenMP.
RUN apt-get update \
    && apt-get install --no-install-recommends -y libgomp1 libstdc++6 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/vitrine --create-home vitrine
COPY --from=build /opt/vitrine /opt/vitrine
# The session models are compiled for this machine's processor on first use and kept in the volume.
ENV PATH=/opt/vitrine/bin:$PATH VITRINE_HOME=/var/lib/vitrine PYTHONUNBUFFERED=1 \
    NUMBA_CACHE_DIR=/var/lib/vitrine/.cache/numba
# By number, so that a cluster can see that it is not root.
USER 10001
WORKDIR /var/lib/vitrine
VOLUME /var/lib/vitrine
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["vitrine", "serve", "--host", "0.0.0.0", "--port", "8000"]
