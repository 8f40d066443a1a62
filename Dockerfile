# One recipe for every image: docker build --build-arg SERVICE=auth_service -t fintech-app/auth_service .
# SERVICE is a service's folder, or `operator`: the set-up jobs of docker-compose.yml and the demo.
# Only what the plain builder knows, since docker-compose 1.29 uses it.
ARG PYTHON_IMAGE=python:3.12-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
# What every image has comes first, so that it is installed once for all of them. Wheels, so that no compiler is needed;
# what comes as source only is named, and built with pinned tools, which stay in this stage.
COPY pins/build.txt pins/kit.txt /build/
RUN python -m pip install --no-deps --require-hashes --only-binary :all: -r /build/build.txt \
    && python -m pip wheel --no-deps --require-hashes --only-binary :all: --no-binary flasgger --no-build-isolation \
        --wheel-dir /build/wheels -r /build/kit.txt \
    && python -m venv --without-pip /venv \
    && python -m pip --python /venv/bin/python install --no-deps --no-compile --no-index /build/wheels/*.whl
# The root is read-only where this runs, so Python can't keep what it has compiled.
RUN python -m compileall -q /venv/lib
ARG SERVICE
RUN test -n "${SERVICE}" || { echo "name a service: --build-arg SERVICE=auth_service" >&2; exit 1; }
COPY pins/${SERVICE}.txt /build/
RUN python -m pip --python /venv/bin/python install --no-deps --no-compile --require-hashes --only-binary :all: \
        -r /build/${SERVICE}.txt \
    && python -m compileall -q /venv/lib
COPY . /build/source
RUN sh /build/source/compose/image_parts.sh "${SERVICE}" /build/source /app && python -m compileall -q /app

FROM ${PYTHON_IMAGE}
ARG SERVICE
LABEL org.opencontainers.image.title="fintech-app ${SERVICE}" org.opencontainers.image.licenses="Apache-2.0"
# pip and its kin are for building; what runs has no use for them. /data belongs to the user, and so does a new volume there.
RUN python -m pip uninstall --yes --quiet --root-user-action ignore pip \
    && groupadd --gid 10001 app && useradd --uid 10001 --gid app --no-create-home --home-dir /tmp app \
    && install -d -o app -g app /data /data/lake
COPY --from=build /venv /venv
COPY --from=build /app /app
COPY compose/ready.sh /usr/local/bin/ready
# Of memory that is freed, 1 MiB and more goes back to the machine at once. By default every thread that has ever hashed a
# password would keep the 19 MiB of it: 325 MB after 32 threads, one at a time, against 14 MB so. Arrow's own allocator would
# keep as much again as a report takes.
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 MALLOC_MMAP_THRESHOLD_=1048576 \
    ARROW_DEFAULT_MEMORY_POOL=system SERVICE=${SERVICE}
WORKDIR /app
USER 10001:10001
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 CMD ["/usr/local/bin/ready"]
CMD ["sh", "-c", "exec python -m ${SERVICE}.app"]
