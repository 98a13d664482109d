# One image for every process: hornbook api | worker --queue refine | worker --queue cpu | reconciler | migrate

FROM python:3.12-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/hornbook
WORKDIR /src
# The dependencies first, against empty packages: this layer stays cached until pyproject.toml changes.
COPY pyproject.toml README.md ./
RUN mkdir app workers migrations && touch app/__init__.py workers/__init__.py migrations/__init__.py \
    && /opt/hornbook/bin/pip install .
COPY app app
COPY workers workers
COPY migrations migrations
RUN rm -rf build && /opt/hornbook/bin/pip install --no-deps --force-reinstall .

FROM python:3.12-slim
LABEL org.opencontainers.image.title="hornbook" org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 hornbook && useradd --uid 10001 --gid hornbook --no-create-home --shell /usr/sbin/nologin hornbook \
    && install -d -o hornbook -g hornbook /data
COPY --from=build /opt/hornbook /opt/hornbook
ENV PATH=/opt/hornbook/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    HORNBOOK_HOME=/data HORNBOOK_HOST=0.0.0.0 HORNBOOK_PORT=8321
USER hornbook
WORKDIR /data
VOLUME /data
EXPOSE 8321
ENTRYPOINT ["hornbook"]
CMD ["api"]
