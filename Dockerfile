# A static binary and nothing else: no shell, no package manager, nobody but a numeric user that owns no file.
#
# The same commit makes the same binary, byte for byte, wherever it is built: what it depends on is the Go version, which is
# pinned here, the modules, which go.sum pins, and the flags. For the same image as well, pass what `make image` passes, with
# a BuildKit that honours SOURCE_DATE_EPOCH. A mirror of the build image, or one by digest, is GOLANG=… .
ARG GOLANG=golang:1.26.8

FROM ${GOLANG} AS build
# No other Go than the one above, and no module that go.mod does not name.
ENV CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS=-mod=readonly
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
ARG COMMIT=unknown
# The time of the commit, in seconds since 1970. The image is as old as what is in it.
ARG SOURCE_DATE_EPOCH=0
RUN go build -trimpath -buildvcs=false -o bin/gatehouse -ldflags "-s -w \
      -X main.version=${VERSION} -X main.commit=${COMMIT} -X main.date=$(date -u -d @${SOURCE_DATE_EPOCH} +%Y-%m-%dT%H:%M:%SZ)" . \
 && touch -d @${SOURCE_DATE_EPOCH} bin/gatehouse

FROM scratch
ARG VERSION=dev
ARG COMMIT=unknown
# Which modules it is made of the binary itself says: go version -m.
LABEL org.opencontainers.image.title="Gatehouse" \
      org.opencontainers.image.description="The traffic-policy gate for game servers on Kubernetes" \
      org.opencontainers.image.url="https://github.com/gatehouse-dev/gatehouse" \
      org.opencontainers.image.source="https://github.com/gatehouse-dev/gatehouse" \
      org.opencontainers.image.documentation="https://github.com/gatehouse-dev/gatehouse/blob/main/docs/install.md" \
      org.opencontainers.image.vendor="Gatehouse" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}"
COPY --from=build /src/bin/gatehouse /gatehouse
USER 65532:65532
ENTRYPOINT ["/gatehouse"]
CMD ["manager"]
