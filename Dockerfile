# syntax=docker/dockerfile:1
FROM docker.io/library/golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=""
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/pushloss ./cmd/pushloss

# Nothing but the binary: it is static and includes the time zones.
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/pushloss /usr/local/bin/pushloss
USER 65532:65532
ENV PUSHLOSS_HTTP_ADDR=0.0.0.0:9460
EXPOSE 9460
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s CMD ["pushloss", "probe"]
ENTRYPOINT ["pushloss"]
CMD ["serve"]
