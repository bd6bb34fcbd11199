# One image for all services: docker build --build-arg SERVICE=intake .
FROM python:3.11-slim

# `run` is what services need; `dev` also has the mail sink of the local compose file.
ARG LOCK=run
COPY requirements/${LOCK}.txt /requirements.txt
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /requirements.txt

WORKDIR /relais
COPY shared shared
COPY services services
COPY cli cli
COPY deploy deploy

ARG SERVICE=intake
ENV SERVICE=${SERVICE} \
    RELAIS_HTTP_HOST=0.0.0.0 \
    PYTHONUNBUFFERED=1

RUN useradd --uid 10001 --no-create-home relais
USER 10001

HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=12 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:%s/readyz' % os.environ['RELAIS_HTTP_PORT'], timeout=2)"]

CMD ["sh", "-c", "exec python -m services.$SERVICE"]
